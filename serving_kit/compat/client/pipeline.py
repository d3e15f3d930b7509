"""What `paddle_serving_client.pipeline` offers to clients."""

from serving_kit.clients import PipelineClient

__all__ = ["PipelineClient"]
