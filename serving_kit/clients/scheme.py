"""From an address to a client: the URL's scheme picks the protocol."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from serving_kit.clients.async_model_client import AsyncModelClient
from serving_kit.clients.key import checked_key
from serving_kit.clients.model_client import ModelClient
from serving_kit.errors import BadInput

# By the modules' names, so that a client loads the library of its own protocol only.
_CHANNELS: Mapping[str, tuple[str, str]] = {
    "http": ("http_channel", "HttpChannel"),
    "https": ("http_channel", "HttpChannel"),
    "grpc": ("grpc_channel", "GrpcChannel"),
    "brpc": ("brpc_channel", "BrpcChannel"),
}


def connect(
    url: str, *, model: str | None = None, timeout_s: float = 20.0, retries: int = 2, api_key: str | None = None
) -> ModelClient:
    """Return a client of the server at `url`; nothing is sent before it is used.

    `http://host:port` and `https://` ask by the Open Inference Protocol with binary tensors, `grpc://host:port` by the
    same protocol over gRPC (needs grpcio: `pip install serving-kit[client]`), `brpc://host:port` as Paddle Serving's
    own clients do: the server then runs its whole chain of models, and `model` does not choose among them. Elsewhere
    `model` may be left out where the server has one model. `timeout_s` counts for a whole call, `retries` included;
    only what no model can have seen is tried again: refused connections, and servers that say they take nothing now.
    `api_key` goes with every request, readable on the way but over `https://`.
    """
    return ModelClient(_channel(url, api_key), model, timeout_s=timeout_s, retries=retries)


def connect_async(
    url: str, *, model: str | None = None, timeout_s: float = 20.0, retries: int = 2, api_key: str | None = None
) -> AsyncModelClient:
    """Return a client for coroutines; see `connect`. Over bRPC all its calls share one connection."""
    return AsyncModelClient(_channel(url, api_key, is_async=True), model, timeout_s=timeout_s, retries=retries)


def _channel(url: str, api_key: str | None, *, is_async: bool = False) -> Any:
    module, kind = _CHANNELS[_scheme(url)]
    if is_async:
        module, kind = f"async_{module}", f"Async{kind}"
    return getattr(import_module(f"serving_kit.clients.{module}"), kind)(url, checked_key(api_key))


def _scheme(url: str) -> str:
    scheme, _, rest = url.partition("://")
    if scheme not in _CHANNELS or not rest:
        raise BadInput(
            f"{url!r} is no address of a server; write it like http://127.0.0.1:9393, grpc://127.0.0.1:9393 or "
            "brpc://127.0.0.1:9393"
        )
    return scheme
