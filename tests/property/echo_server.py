"""A real server of this project on a real port whose models give back what they are sent, one model an element type."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from serving_kit.batching.executor import NO_DEMAND, Demand, Outputs
from serving_kit.serve.lanes import model_lanes
from serving_kit.serve.server import PortServer, bind_all
from serving_kit.service.model import ServedModel
from serving_kit.service.service import Service
from serving_kit.service.workflow import Workflow
from serving_kit.types import ElementType, Tensor, TensorSpec


class EchoExecutor:
    """Answers at once, in the thread that asks."""

    def check_room(self) -> None: ...

    def submit(self, feeds: Mapping[str, Tensor], demand: Demand = NO_DEMAND) -> asyncio.Future[Outputs]:
        future: asyncio.Future[Outputs] = asyncio.get_running_loop().create_future()
        future.set_result({"y": feeds["x"]})
        return future

    def close(self) -> None:
        pass


class EchoServer:
    """One port; `expect` says what the next requests hold."""

    def __init__(self) -> None:
        self._models = {element_type: EchoModel(element_type) for element_type in ElementType}
        self._service = Service(list(self._models.values()))
        self.server = PortServer(self._service, model_lanes(self._service), bind_all("127.0.0.1", {"": 0}))

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    def expect(self, element_type: ElementType, dimensions: int) -> None:
        """Let that type's model take so many dimensions, and answer where a protocol has no name for a model."""
        model = self._models[element_type]
        model.take(dimensions)
        self._service.workflow = Workflow.sequence([model.name])


class EchoModel(ServedModel):
    """Takes tensors of one element type, and gives them back."""

    def __init__(self, element_type: ElementType) -> None:
        self._element_type = element_type
        self.take(1)

    def take(self, dimensions: int) -> None:
        """Become a model that takes so many dimensions."""
        name, shape = self._element_type.name.lower(), (-1,) * dimensions
        x, y = (TensorSpec(alias, alias, self._element_type, shape) for alias in ("x", "y"))
        super().__init__(name, (x,), (y,), EchoExecutor(), {"name": name})


@contextmanager
def running() -> Iterator[EchoServer]:
    """Serve until the block is left."""
    echo = EchoServer()
    ready = threading.Event()
    thread = threading.Thread(target=echo.server.run, args=(ready.set,))
    thread.start()
    assert ready.wait(20)
    try:
        yield echo
    finally:
        echo.server.stop()
        thread.join(20)
        assert not thread.is_alive()
