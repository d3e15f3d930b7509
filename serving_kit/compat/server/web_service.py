"""What `paddle_serving_server.web_service` offers: a pipeline as one service, and its ops."""

from serving_kit.pipeline.op import Op
from serving_kit.serve.web_service import WebService

__all__ = ["Op", "WebService"]
