"""Who may pass: calls that carry an API key of the server in their metadata."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

import grpc

from serving_kit.service.keys import ApiKeys
from serving_kit.transports.grpc.status import Context, abort
from serving_kit.transports.offered_key import no_key, offered_key

_FREE_SERVICE = "/grpc.health.v1.Health/"
_FREE = frozenset(f"/inference.GRPCInferenceService/{method}" for method in ("ServerLive", "ServerReady"))

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"


class Gate(grpc.aio.ServerInterceptor):
    """Refuses calls without a key, whatever they ask but the server's health, before any message of theirs is read."""

    def __init__(self, keys: ApiKeys) -> None:
        self._keys = keys

    async def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]], details: grpc.HandlerCallDetails
    ) -> Handler:
        """Return the method that was asked for, or one that refuses."""
        method = str(details.method)
        is_free = method in _FREE or method.startswith(_FREE_SERVICE)
        said = {name: value for name, value in details.invocation_metadata or () if isinstance(value, str)}
        if is_free or self._keys.admits(offered_key(said)):
            return await continuation(details)
        return _REFUSAL


async def _refuse(_: AsyncIterator[bytes], context: Context) -> None:
    await abort(context, no_key())


# A stream's handler reads nothing before it runs; on the wire, every kind of call looks like one.
_REFUSAL: Handler = grpc.stream_stream_rpc_method_handler(_refuse)
