"""The modern client for coroutines: arrays in, arrays out, over HTTP, gRPC or bRPC."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar

from tenacity import AsyncRetrying

from serving_kit.clients.channel import AsyncChannel
from serving_kit.clients.deadline import Deadline
from serving_kit.clients.model_client import READY_PAUSE_S, not_ready, only_model
from serving_kit.clients.model_feed import Feeds, arrays_of, named_tensors, need_types, wanted_types
from serving_kit.clients.retry import policy
from serving_kit.errors import NotFound
from serving_kit.types import Array, ElementType

T = TypeVar("T")


class AsyncModelClient:
    """`ModelClient` for the tasks of one event loop; made by `connect_async`, closed by `async with`."""

    def __init__(self, channel: AsyncChannel, model: str | None = None, *, timeout_s: float, retries: int) -> None:
        self._channel = channel
        self._model = model
        self._timeout_s = timeout_s
        self._retries = retries
        self._types: dict[str, ElementType] | None = None
        self._asking = asyncio.Lock()  # tasks that start together ask once what all of them need to know

    @property
    def url(self) -> str:
        """Return the server's address."""
        return self._channel.url

    async def predict(
        self, feeds: Feeds, fetch: str | Sequence[str] | None = None, timeout_s: float | None = None
    ) -> dict[str, Array]:
        """Return the model's outputs by alias; takes and raises what `ModelClient.predict` does."""
        deadline = self._deadline(timeout_s)
        model = await self._named(deadline)
        tensors = named_tensors(feeds, await self._wanted(model, deadline) if need_types(feeds) else {})
        names = [fetch] if isinstance(fetch, str) else list(fetch or ())
        return arrays_of(await self._ask(deadline, self._channel.infer, model, tensors, names))

    async def metadata(self) -> dict[str, Any]:
        """Return what the server says of the model; see `ModelClient.metadata`."""
        deadline = self._deadline()
        return await self._ask(deadline, self._channel.metadata, await self._named(deadline))

    async def models(self) -> list[str]:
        """Return the names of the models the server has; over bRPC: Unsupported."""
        return await self._ask(self._deadline(), self._channel.models)

    async def is_ready(self, timeout_s: float = 2.0) -> bool:
        """Return whether the server says within `timeout_s` seconds that it takes requests; over bRPC: listens."""
        return await self._channel.is_ready(Deadline.after(timeout_s))

    async def wait_ready(self, timeout_s: float = 60.0) -> None:
        """Return as soon as the server takes requests; DeadlineExceeded where `timeout_s` seconds do not suffice."""
        deadline = Deadline.after(timeout_s)
        while not await self.is_ready():
            if time.monotonic() > deadline.at_s:
                raise not_ready(self.url, timeout_s)
            await asyncio.sleep(READY_PAUSE_S)

    async def close(self) -> None:
        """Close the connections."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncModelClient({self.url!r}, model={self._model!r})"

    def _deadline(self, timeout_s: float | None = None) -> Deadline:
        return Deadline.after(self._timeout_s if timeout_s is None else timeout_s)

    async def _named(self, deadline: Deadline) -> str:
        if self._model is None and self._channel.has_metadata:
            async with self._turn(deadline):
                if self._model is None:
                    self._model = only_model(await self._ask(deadline, self._channel.models), self.url)
        return self._model or ""

    async def _wanted(self, model: str, deadline: Deadline) -> dict[str, ElementType]:
        if self._types is None and self._channel.has_metadata:
            async with self._turn(deadline):
                if self._types is None:
                    try:
                        self._types = wanted_types(await self._ask(deadline, self._channel.metadata, model))
                    except NotFound:
                        return {}  # the request itself will tell what is not there
        return self._types or {}

    @asynccontextmanager
    async def _turn(self, deadline: Deadline) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(deadline.left_s(self.url)):
                await self._asking.acquire()
        except TimeoutError:
            raise deadline.exceeded(self.url) from None
        try:
            yield
        finally:
            self._asking.release()

    async def _ask(self, deadline: Deadline, method: Callable[..., Awaitable[T]], *arguments: object) -> T:
        return await AsyncRetrying(**policy(self._retries, deadline))(method, *arguments, deadline)
