"""What `proto` of `paddle_serving_server` and `paddle_serving_client` offers: the messages of a configuration."""

from serving_kit.codecs import general_model_config_pb2

__all__ = ["general_model_config_pb2"]
