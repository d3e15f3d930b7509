"""A model that answers before it returns, as tiny models do, and a connection's other end without a socket."""

import asyncio
from collections.abc import Mapping

from serving_kit.batching.executor import Outputs
from serving_kit.service.model import ServedModel
from serving_kit.types import Tensor
from tests.unit.served import LinearEngine, serve


class InstantExecutor:
    """Runs the linear model at once."""

    def check_room(self) -> None: ...

    def submit(self, feeds: Mapping[str, Tensor], *_: object) -> asyncio.Future[Outputs]:
        future: asyncio.Future[Outputs] = asyncio.get_running_loop().create_future()
        future.set_result(LinearEngine().run(feeds))
        return future

    def close(self) -> None: ...


def instant() -> ServedModel:
    """Serve the linear model so."""
    model = serve(LinearEngine())
    model.executor.close()
    model.executor = InstantExecutor()
    return model


class FakeTransport(asyncio.Transport):
    """Keeps what is written; `chunks` are the single writes."""

    def __init__(self) -> None:
        super().__init__({"sockname": ("127.0.0.1", 9393), "peername": ("127.0.0.1", 4)})
        self.chunks: list[bytes] = []
        self.is_paused = self._is_closing = False

    @property
    def written(self) -> bytes:
        return b"".join(self.chunks)

    def write(self, data: object) -> None:
        if not self._is_closing:
            self.chunks.append(bytes(data))  # type: ignore[call-overload]

    def close(self) -> None:
        self._is_closing = True

    def abort(self) -> None:
        self._is_closing = True

    def is_closing(self) -> bool:
        return self._is_closing

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False
