"""What `paddle_serving_server.pipeline` offers: ops, their server, and the client, which needs nothing of a server."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serving_kit.compat.server.analyse import Analyst
    from serving_kit.pipeline import Op, PipelineClient, PipelineServer, RequestOp, ResponseOp

__all__ = ["Analyst", "Op", "PipelineClient", "PipelineServer", "RequestOp", "ResponseOp"]

_HOMES = dict.fromkeys(__all__, "serving_kit.pipeline") | {"Analyst": "serving_kit.compat.server.analyse"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
