"""From an address to a client: the URL's scheme picks the protocol."""

from collections.abc import Callable, Mapping

from serving_kit.clients.async_brpc_channel import AsyncBrpcChannel
from serving_kit.clients.async_grpc_channel import AsyncGrpcChannel
from serving_kit.clients.async_http_channel import AsyncHttpChannel
from serving_kit.clients.async_model_client import AsyncModelClient
from serving_kit.clients.brpc_channel import BrpcChannel
from serving_kit.clients.channel import AsyncChannel, Channel
from serving_kit.clients.grpc_channel import GrpcChannel
from serving_kit.clients.http_channel import HttpChannel
from serving_kit.clients.model_client import ModelClient
from serving_kit.errors import BadInput

_CHANNELS: Mapping[str, tuple[Callable[[str], Channel], Callable[[str], AsyncChannel]]] = {
    "http": (HttpChannel, AsyncHttpChannel),
    "https": (HttpChannel, AsyncHttpChannel),
    "grpc": (GrpcChannel, AsyncGrpcChannel),
    "brpc": (BrpcChannel, AsyncBrpcChannel),
}


def connect(url: str, *, model: str | None = None, timeout_s: float = 20.0, retries: int = 2) -> ModelClient:
    """Return a client of the server at `url`; nothing is sent before it is used.

    `http://host:port` and `https://` ask by the Open Inference Protocol with binary tensors, `grpc://host:port` by the
    same protocol over gRPC (needs grpcio: `pip install serving-kit[client]`), `brpc://host:port` as Paddle Serving's
    own clients do: the server then runs its whole chain of models, and `model` does not choose among them. Elsewhere
    `model` may be left out where the server has one model. `timeout_s` counts for a whole call, `retries` included;
    only what no model can have seen is tried again: refused connections, and servers that say they take nothing now.
    """
    return ModelClient(_CHANNELS[_scheme(url)][0](url), model, timeout_s=timeout_s, retries=retries)


def connect_async(url: str, *, model: str | None = None, timeout_s: float = 20.0, retries: int = 2) -> AsyncModelClient:
    """Return a client for coroutines; see `connect`. Over bRPC all its calls share one connection."""
    return AsyncModelClient(_CHANNELS[_scheme(url)][1](url), model, timeout_s=timeout_s, retries=retries)


def _scheme(url: str) -> str:
    scheme, _, rest = url.partition("://")
    if scheme not in _CHANNELS or not rest:
        raise BadInput(
            f"{url!r} is no address of a server; write it like http://127.0.0.1:9393, grpc://127.0.0.1:9393 or "
            "brpc://127.0.0.1:9393"
        )
    return scheme
