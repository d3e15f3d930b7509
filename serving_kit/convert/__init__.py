"""Turn models of Paddle, ONNX, TensorFlow.js and PyTorch into the pair of directories that Paddle Serving serves."""

from serving_kit.convert.model import convert_model
from serving_kit.convert.serving import inference_model_to_serving

__all__ = ["convert_model", "inference_model_to_serving"]
