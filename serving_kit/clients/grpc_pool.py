"""One method of several gRPC servers: bytes in, what the servers answer in turn out."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from serving_kit.clients.deadline import Deadline
from serving_kit.clients.grpc_call import grpc_library, told
from serving_kit.clients.grpc_target import GrpcTarget
from serving_kit.clients.key import checked_key, headers_of

T = TypeVar("T")


class GrpcPool(Generic[T]):
    """Asks one of `endpoints` at a time, in turn and away from those that are down; safe to share between threads.

    `read` makes the answer of its bytes, `api_key` goes with every call. Unsupported where grpcio is missing.
    """

    def __init__(
        self,
        endpoints: str | Sequence[str],
        path: str,
        read: Callable[[bytes], T],
        *,
        limit_bytes: int,
        api_key: str | None = None,
    ) -> None:
        self._grpc = grpc_library()
        target = GrpcTarget.of(endpoints, limit_bytes)
        self.who = target.who
        self._channel = self._grpc.insecure_channel(target.uri, target.options)
        self._method = self._channel.unary_unary(path, None, read)
        self._metadata = tuple(headers_of(checked_key(api_key)).items())

    def ask(self, body: bytes, deadline: Deadline) -> T:
        """Return the answer; raises the package's errors, Refused where no server listens."""
        try:
            answer: T = self._method(body, timeout=deadline.left_s(self.who), metadata=self._metadata)
        except self._grpc.RpcError as error:
            raise told(error, self.who, deadline) from None
        return answer

    def begin(self, body: bytes, deadline: Deadline) -> "Future[T]":
        """Ask without waiting; the future fails with what `ask` raises, and to cancel it is to take the call back."""
        call = self._method.future(body, timeout=deadline.left_s(self.who), metadata=self._metadata)
        future: Future[T] = Future()

        def finish(call: Any) -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(call.result())
            except self._grpc.RpcError as error:
                future.set_exception(told(error, self.who, deadline))
            except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
                future.set_exception(error)

        call.add_done_callback(finish)
        future.add_done_callback(lambda done: call.cancel() if done.cancelled() else None)
        return future

    def close(self) -> None:
        """Close the connections; who still waits is told that they broke."""
        self._channel.close()
