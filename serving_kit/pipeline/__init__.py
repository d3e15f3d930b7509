"""Many models, one service: ops in a graph, Paddle Serving's own classes for them, and a server and clients."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serving_kit.clients.pipeline_client import PipelineClient
    from serving_kit.compat.app.local_predictor import LocalPredictor
    from serving_kit.pipeline.ends import RequestOp, ResponseOp
    from serving_kit.pipeline.op import Op
    from serving_kit.serve.pipeline_server import PipelineServer
    from serving_kit.serve.web_service import WebService

__all__ = ["LocalPredictor", "Op", "PipelineClient", "PipelineServer", "RequestOp", "ResponseOp", "WebService"]

# Found when first asked for: what runs ops knows nothing of servers and clients.
_HOMES = {
    "LocalPredictor": "serving_kit.compat.app.local_predictor",
    "Op": "serving_kit.pipeline.op",
    "PipelineClient": "serving_kit.clients.pipeline_client",
    "PipelineServer": "serving_kit.serve.pipeline_server",
    "RequestOp": "serving_kit.pipeline.ends",
    "ResponseOp": "serving_kit.pipeline.ends",
    "WebService": "serving_kit.serve.web_service",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
