"""`PipelineClient` with Paddle Serving's own names, arguments and answers, for scripts that exist."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from tenacity import Retrying

from serving_kit.clients.deadline import Deadline
from serving_kit.clients.grpc_pool import GrpcPool
from serving_kit.clients.pipeline_call import LIMIT_BYTES, PATH, RETRIES, TIMEOUT_S, question
from serving_kit.clients.retry import policy
from serving_kit.codecs.pipeline_service_pb2 import Response
from serving_kit.errors import BadInput


class PipelineClient:
    """Paddle Serving 0.9's `PipelineClient`: asks pipeline servers over gRPC, and returns their messages as they come.

    Safe to share between threads once connected; closed by `with`. What differs from 0.9: calls end after a while,
    failures of the connection are the package's errors, host names and IPv6 are taken, `logid` in a feed is sent, and
    neither the feed nor numpy's print options are changed.
    """

    def __init__(self) -> None:
        self._pool: GrpcPool[Response] | None = None
        self._timeout_s = TIMEOUT_S

    def connect(
        self, endpoints: str | Sequence[str], timeout_s: float = TIMEOUT_S, *, api_key: str | None = None
    ) -> None:
        """Use these servers in turn, `host:port` each; nothing is sent before `predict`.

        A call may take `timeout_s` seconds; `api_key` goes with each.
        """
        pool = GrpcPool(endpoints, PATH, Response.FromString, limit_bytes=LIMIT_BYTES, api_key=api_key)
        self.close()
        self._pool, self._timeout_s = pool, timeout_s

    def predict(  # noqa: PLR0917 - the old signature
        self,
        feed_dict: Mapping[str, Any],
        fetch: Any = None,  # noqa: ARG002 - all values come back, as they did
        asyn: bool = False,
        pack_tensor_format: bool = False,
        use_tensor_bytes: bool = False,
        profile: bool = False,
        log_id: int = 0,
        timeout_s: float | None = None,
    ) -> Any:
        """Return the response, with err_no (0 for success), err_msg, key and value; with `asyn` a `Future` of it.

        A feed's text goes as it is. Arrays and lists go as the text of their repr; with `pack_tensor_format` as
        tensors, each with the row offsets that stand under `<name>.lod`, and with `use_tensor_bytes` besides as
        streams of `numpy.save`. With `profile` the answer says under `pipeline.profile` what took how long. Raises
        Unavailable, DeadlineExceeded or what else kept an answer from coming; only what no pipeline can have seen is
        tried again, and a future's call is not.
        """
        if self._pool is None:
            raise BadInput("the client is not connected; call connect first")
        deadline = Deadline.after(self._timeout_s if timeout_s is None else timeout_s)
        body = question(
            feed_dict, as_tensors=pack_tensor_format, as_bytes=use_tensor_bytes, profile=profile, log_id=log_id
        )
        if asyn:
            return self._pool.begin(body, deadline)
        return Retrying(**policy(RETRIES, deadline))(self._pool.ask, body, deadline)

    def close(self) -> None:
        """Close the connections; `connect` makes the client usable again."""
        if self._pool is not None:
            self._pool.close()
        self._pool = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()
