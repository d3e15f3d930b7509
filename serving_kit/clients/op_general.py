"""An op's model behind GeneralModelService, Paddle Serving's own, over bRPC or gRPC."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from serving_kit.clients.brpc_feed import named_tensors
from serving_kit.clients.config import ClientConfig
from serving_kit.clients.deadline import Deadline
from serving_kit.clients.general_call import outputs_of
from serving_kit.clients.grpc_pool import GrpcPool
from serving_kit.clients.model_feed import arrays_of
from serving_kit.codecs.brpc_code import kind_of
from serving_kit.codecs.general_message import FULL_SERVICE, METHODS, decode_response, encode_request
from serving_kit.errors import BadInput, Internal, of_kind
from serving_kit.types import Array, InferRequest, InferResponse

_LIMIT_BYTES = 512 << 20


class Servers(Protocol):
    """Servers of the same models."""

    def ask(self, payload: bytes, deadline: Deadline) -> InferResponse:
        """Return the answer to an encoded request."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


class GeneralOpClient:
    """Asks `servers` for the model of a client's configuration, whose types arrays are cast to."""

    def __init__(self, servers: Servers, config: ClientConfig, fetch: Sequence[str], timeout_s: float) -> None:
        self._servers = servers
        self._config = config
        self._fetch = tuple(fetch)
        self._timeout_s = timeout_s

    def predict(
        self, feed: Mapping[str, Any], fetch: Sequence[str] | None = None, batch: bool = True, log_id: int = 0
    ) -> dict[str, Array]:
        """Return outputs by alias; BadInput where the feed has not exactly the model's inputs or does not fit them."""
        given = {name for name in feed if not name.endswith(".lod")}
        if given != set(self._config.feed_names):
            takes = self._config.feed_names
            raise BadInput(f"invalid arg list: ['feed_batch']: the model takes {takes}, got {sorted(given)}")
        wanted = tuple(fetch or self._fetch)
        unknown = [name for name in wanted if name not in self._config.fetch_names]
        if unknown:
            gives = self._config.fetch_names
            raise BadInput(f"invalid arg list: ['fetch_list']: the model gives {gives}, not {unknown[0]!r}")
        try:
            tensors = named_tensors(self._config.feeds, feed, batch=batch)
        except ValueError as error:
            raise BadInput(str(error)) from None
        payload = encode_request(InferRequest(tensors, wanted, log_id))
        return arrays_of(outputs_of(self._servers.ask(payload, Deadline.after(self._timeout_s))))

    def close(self) -> None:
        """Close the connections."""
        self._servers.close()


class GeneralOverGrpc:
    """Servers that are asked over gRPC."""

    def __init__(self, endpoints: Sequence[str]) -> None:
        path = f"/{FULL_SERVICE}/{METHODS[0]}"
        self._pool = GrpcPool(endpoints, path, bytes, limit_bytes=_LIMIT_BYTES)

    def ask(self, payload: bytes, deadline: Deadline) -> InferResponse:
        """Return the answer to an encoded request, or raise the error it tells; Internal where it cannot be read."""
        who = self._pool.who
        body = self._pool.ask(payload, deadline)
        try:
            response = decode_response(body)
        except BadInput as error:
            raise Internal(f"{who} sent an answer that cannot be read: {error}") from None
        if response.err_no:
            reason = response.err_msg or f"{who} gave the code {response.err_no} and no reason; look into its log"
            raise of_kind(kind_of(response.err_no), reason)
        return response

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()
