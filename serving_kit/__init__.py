"""Serve Paddle models over Paddle Serving's own protocols, from pure Python."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serving_kit.clients import AsyncModelClient, Client, HttpClient, ModelClient, connect, connect_async
    from serving_kit.process import Server, start

__version__ = "0.1.0"
__all__ = ["AsyncModelClient", "Client", "HttpClient", "ModelClient", "Server", "connect", "connect_async", "start"]

# Found when first asked for, so that a client never loads what a server needs, nor a server what a client needs.
_HOMES = dict.fromkeys(
    ("AsyncModelClient", "Client", "HttpClient", "ModelClient", "connect", "connect_async"), "serving_kit.clients"
)
_HOMES |= dict.fromkeys(("Server", "start"), "serving_kit.process")


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
