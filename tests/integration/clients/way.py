"""Every client and protocol, used the same way on a model that adds up the columns of `x` to `total`."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from serving_kit.clients import Client, HttpClient
from serving_kit.errors import ServingKitError
from serving_kit.types import Array
from tests.unit.clients.blocking import client as client_of

Ask = Callable[[Array], Array | None]
"""Returns `total`; None, or a ServingKitError, where the client tells failures so."""

MODERN = tuple(f"{scheme}-{kind}" for scheme in ("http", "grpc", "brpc") for kind in ("sync", "async"))
OLD = ("Client", "HttpClient-proto", "HttpClient-json", "HttpClient-grpc")
THREADED = (*OLD, "http-sync", "grpc-sync", "brpc-sync")


Open = Callable[..., Ask]
"""`opened` for a stack and a configuration."""


def opened(stack: ExitStack, config: Path, way: str, port: int, *, timeout_s: float = 20.0, retries: int = 2) -> Ask:
    """Return how to ask the server on a port of this machine; the client is closed with the stack."""
    if way == "Client":
        return _client(stack, config, port, timeout_s)
    if way in OLD:
        client = _http_client(way, config, port)
        client.set_timeout_ms(int(timeout_s * 1000))
        client.set_max_retries(retries)
        stack.callback(client.close)
        return lambda x: _total(client.predict(feed={"x": x}, fetch=["total"], batch=True))
    scheme, kind = way.split("-")
    modern = client_of(kind, f"{scheme}://127.0.0.1:{port}", timeout_s=timeout_s, retries=retries)
    stack.enter_context(modern)
    return lambda x: modern.predict({"x": x})["total"]


def failed(ask: Ask, x: Array) -> ServingKitError | None:
    """Ask for what must fail; return the error of a client that raises."""
    try:
        assert ask(x) is None
    except ServingKitError as error:
        return error
    return None


def total_of(x: Array) -> Array:
    """Return what the model must answer."""
    return np.asarray(x.sum(axis=1, keepdims=True))


def _client(stack: ExitStack, config: Path, port: int, timeout_s: float) -> Ask:
    client = Client()
    client.load_client_config(str(config))
    client.set_rpc_timeout_ms(int(timeout_s * 1000))
    client.connect([f"127.0.0.1:{port}"])
    stack.callback(client.release)

    def ask(x: Array) -> Array | None:
        answer = client.predict(feed={"x": x}, fetch=["total"], batch=True)
        return None if answer is None else np.asarray(answer["total"])

    return ask


def _http_client(way: str, config: Path, port: int) -> HttpClient:
    client = HttpClient()
    client.load_client_config(str(config))
    client.set_http_proto(way != "HttpClient-json")
    client.set_use_grpc_client(way == "HttpClient-grpc")
    client.connect(f"127.0.0.1:{port}")
    return client


def _total(answer: Any) -> Array | None:
    if answer is None:
        return None
    if isinstance(answer, dict):
        tensor = answer["outputs"][0]["tensor"][0]
        return np.asarray(tensor["float_data"], np.float32).reshape(tensor["shape"])
    message = answer.outputs[0].tensor[0]
    return np.asarray(message.float_data, np.float32).reshape(message.shape)
