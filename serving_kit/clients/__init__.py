"""Python clients: `connect` and `connect_async` for arrays over any protocol, `Client`, `HttpClient` and
`PipelineClient` for scripts written for Paddle Serving.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serving_kit.clients.async_model_client import AsyncModelClient
    from serving_kit.clients.async_pipeline_client import AsyncPipelineClient
    from serving_kit.clients.brpc_client import Client
    from serving_kit.clients.http_client import HttpClient
    from serving_kit.clients.model_client import ModelClient
    from serving_kit.clients.pipeline_client import PipelineClient
    from serving_kit.clients.scheme import connect, connect_async

__all__ = [
    "AsyncModelClient",
    "AsyncPipelineClient",
    "Client",
    "HttpClient",
    "ModelClient",
    "PipelineClient",
    "connect",
    "connect_async",
]

# Found when first asked for: httpx and gRPC take longer to import than everything else of a client together.
_HOMES = {
    "AsyncModelClient": "async_model_client",
    "AsyncPipelineClient": "async_pipeline_client",
    "Client": "brpc_client",
    "HttpClient": "http_client",
    "ModelClient": "model_client",
    "PipelineClient": "pipeline_client",
    "connect": "scheme",
    "connect_async": "scheme",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
