"""What an op of a pipeline asks that has its model behind servers: one client for every protocol."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from serving_kit.clients.address import Address
from serving_kit.clients.brpc_pool import BrpcPool
from serving_kit.clients.config import ClientConfig
from serving_kit.clients.op_general import GeneralOpClient, GeneralOverGrpc
from serving_kit.clients.op_model import ModelOpClient
from serving_kit.clients.op_pipeline import PipelineOpClient
from serving_kit.errors import BadInput, Unsupported

TIMEOUT_S = 20.0


class OpClient(Protocol):
    """What an op's `process` asks; safe to share between the op's threads.

    A server is passed over for the next one where it cannot have seen the request. Raises what the server raised, or
    Unavailable, DeadlineExceeded and whatever else kept an answer from coming.
    """

    def predict(
        self, feed: Mapping[str, Any], fetch: Sequence[str] | None = None, batch: bool = True, log_id: int = 0
    ) -> dict[str, Any]:
        """Return outputs by alias, with `<alias>.lod` beside those that have one; without `fetch` the op's own.

        Without `batch` the arrays of the feed get a batch axis of 1.
        """
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


def op_client(
    endpoints: Sequence[str],
    protocol: str = "brpc",
    client_config: Sequence[str] = (),
    encryption_key: str = "",
    *,
    fetch: Sequence[str] = (),
    timeout_s: float = TIMEOUT_S,
) -> OpClient:
    """Return a client of servers that all have the op's model; nothing is sent before it is used.

    `endpoints` are `host:port` each, asked in turn over `protocol`: "brpc" and "grpc" ask GeneralModelService, whose
    names and types stand in `client_config` (`serving_client_conf.prototxt` or its folder); "pipeline_grpc" asks
    another pipeline. Endpoints that begin with `http://`, `https://`, `grpc://` or `brpc://` are asked as
    `serving_kit.connect` does, and need neither. `fetch` are the aliases wanted where `predict` names none, `timeout_s`
    counts for a whole call. BadInput, and Unsupported for encrypted models, say what cannot be.
    """
    if not endpoints:
        raise BadInput("server_endpoints is empty; name at least one server, for example 127.0.0.1:9393")
    if encryption_key:
        raise Unsupported("encrypted models are not served by this version; leave use_encryption_model out")
    with_scheme = [endpoint for endpoint in endpoints if "://" in endpoint]
    if with_scheme and len(with_scheme) < len(endpoints):
        raise BadInput(f"server_endpoints has addresses with and without a scheme, {with_scheme[0]!r} among them")
    if with_scheme:
        return ModelOpClient(endpoints, fetch, timeout_s)
    if protocol == "pipeline_grpc":
        return PipelineOpClient(endpoints, timeout_s)
    if protocol not in _GENERAL:
        raise BadInput(
            f"client_type {protocol!r} asks no servers; use {', '.join(_GENERAL)} or pipeline_grpc, or take "
            "server_endpoints away"
        )
    if not client_config:
        raise BadInput(
            f"client_type {protocol} needs client_config, serving_client_conf.prototxt or its folder; give it, or "
            "write the endpoints like http://127.0.0.1:9393"
        )
    return GeneralOpClient(_GENERAL[protocol](endpoints), ClientConfig.read(client_config), fetch, timeout_s)


def _brpc(endpoints: Sequence[str]) -> BrpcPool:
    return BrpcPool([Address.parse(endpoint) for endpoint in endpoints])


_GENERAL: Mapping[str, Callable[[Sequence[str]], BrpcPool | GeneralOverGrpc]] = {"brpc": _brpc, "grpc": GeneralOverGrpc}
