"""Serve Paddle models over Paddle Serving's own protocols, from pure Python."""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serving_kit.clients import (
        AsyncModelClient,
        AsyncPipelineClient,
        Client,
        HttpClient,
        ModelClient,
        PipelineClient,
        connect,
        connect_async,
    )
    from serving_kit.process import Server, start, start_pipeline

__version__ = "0.1.0"
__all__ = [
    "AsyncModelClient",
    "AsyncPipelineClient",
    "Client",
    "HttpClient",
    "ModelClient",
    "PipelineClient",
    "Server",
    "connect",
    "connect_async",
    "start",
    "start_pipeline",
]

# ONNX Runtime's builds report to their maker from the moment they are imported, and keep a number for this machine; no
# user of this package was asked. Here, so that whatever imports it afterwards, child processes too, keeps quiet.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

# Found when first asked for, so that a client never loads what a server needs, nor a server what a client needs.
_HOMES = dict.fromkeys(
    (
        "AsyncModelClient",
        "AsyncPipelineClient",
        "Client",
        "HttpClient",
        "ModelClient",
        "PipelineClient",
        "connect",
        "connect_async",
    ),
    "serving_kit.clients",
)
_HOMES |= dict.fromkeys(("Server", "start", "start_pipeline"), "serving_kit.process")


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
