"""`PipelineClient` for coroutines."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from tenacity import AsyncRetrying

from serving_kit.clients.deadline import Deadline
from serving_kit.clients.grpc_call import grpc_library, told
from serving_kit.clients.grpc_target import GrpcTarget
from serving_kit.clients.key import checked_key, headers_of
from serving_kit.clients.pipeline_call import LIMIT_BYTES, PATH, RETRIES, TIMEOUT_S, question
from serving_kit.clients.retry import policy
from serving_kit.codecs.pipeline_service_pb2 import Response
from serving_kit.errors import BadInput


class AsyncPipelineClient:
    """`PipelineClient` for the tasks of one event loop, in which it is connected; closed by `async with`."""

    def __init__(self) -> None:
        self._channel: Any = None
        self._method: Any = None
        self._metadata: tuple[tuple[str, str], ...] = ()
        self._who = ""
        self._timeout_s = TIMEOUT_S

    def connect(
        self, endpoints: str | Sequence[str], timeout_s: float = TIMEOUT_S, *, api_key: str | None = None
    ) -> None:
        """Use these servers in turn; takes what `PipelineClient.connect` does, once."""
        if self._channel is not None:
            raise BadInput("the client is connected; close it before it is connected again")
        grpc, target = grpc_library(), GrpcTarget.of(endpoints, LIMIT_BYTES)
        self._metadata = tuple(headers_of(checked_key(api_key)).items())
        self._channel = grpc.aio.insecure_channel(target.uri, target.options)
        self._method = self._channel.unary_unary(PATH, None, Response.FromString)
        self._who, self._timeout_s = target.who, timeout_s

    async def predict(
        self,
        feed_dict: Mapping[str, Any],
        *,
        pack_tensor_format: bool = False,
        use_tensor_bytes: bool = False,
        profile: bool = False,
        log_id: int = 0,
        timeout_s: float | None = None,
    ) -> Response:
        """Return the response; takes and raises what `PipelineClient.predict` does."""
        if self._channel is None:
            raise BadInput("the client is not connected; call connect first")
        deadline = Deadline.after(self._timeout_s if timeout_s is None else timeout_s)
        body = question(
            feed_dict, as_tensors=pack_tensor_format, as_bytes=use_tensor_bytes, profile=profile, log_id=log_id
        )
        return await AsyncRetrying(**policy(RETRIES, deadline))(self._ask, body, deadline)

    async def close(self) -> None:
        """Close the connections; `connect` makes the client usable again."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _ask(self, body: bytes, deadline: Deadline) -> Response:
        try:
            answer: Response = await self._method(body, timeout=deadline.left_s(self._who), metadata=self._metadata)
        except grpc_library().RpcError as error:
            raise told(error, self._who, deadline) from None
        return answer
