"""Every client on a server that does as a test wants: too slow, too busy, elsewhere."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from serving_kit.codecs import prototxt
from serving_kit.errors import DeadlineExceeded, Overloaded
from serving_kit.types import Tensor, TensorSpec
from tests.integration.clients.way import MODERN, OLD, THREADED, Open, failed, opened, total_of
from tests.unit.clients.blocking import client as client_of
from tests.unit.served import GatedEngine, serve
from tests.unit.transports.wire import running

pytestmark = pytest.mark.integration

X = np.ones((1, 13), np.float32)


class GatedTotal(GatedEngine):
    """The gated engine under the names that every client here asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs = tuple(TensorSpec("x", "x", spec.element_type, spec.shape) for spec in self.inputs)
        self.outputs = tuple(TensorSpec("y", "total", spec.element_type, spec.shape) for spec in self.outputs)

    def run(self, feeds: dict[str, Tensor]) -> dict[str, Tensor]:  # type: ignore[override]
        return {"y": super().run(feeds)["fc_0.tmp_1"]}


@pytest.fixture
def engine() -> Iterator[GatedTotal]:
    it = GatedTotal()
    yield it
    it.gate.set()


@pytest.fixture(params=[1])
def port(engine: GatedTotal, request: pytest.FixtureRequest) -> Iterator[int]:
    with running(serve(engine, "total", queue_limit=request.param)) as server:
        try:
            yield server.port
        finally:
            engine.gate.set()


@pytest.fixture
def config(engine: GatedTotal, tmp_path: Path) -> Path:
    prototxt.write(tmp_path, prototxt.CLIENT_CONF, engine.inputs, engine.outputs)
    return tmp_path


@pytest.fixture
def open_way(config: Path) -> Iterator[Open]:
    with ExitStack() as stack:
        yield partial(opened, stack, config)


@pytest.mark.parametrize("port", [2], indirect=True)  # the call given up may still be in the queue
@pytest.mark.parametrize("way", [*OLD, *MODERN])
def test_a_call_ends_at_its_deadline_and_the_client_goes_on(
    engine: GatedTotal, port: int, open_way: Open, way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    error = failed(open_way(way, port, timeout_s=0.3), X)
    assert type(error) is DeadlineExceeded or way in OLD
    said = str(error) if error else capsys.readouterr().out
    assert re.search(r"answer within 0\.\d+ s", said)  # the server, told how much is left, may say so first
    engine.gate.set()
    np.testing.assert_array_equal(open_way(way, port)(X), total_of(X))


@pytest.mark.parametrize("way", MODERN)
def test_addresses_of_the_sixth_version_are_taken(engine: GatedTotal, way: str) -> None:
    engine.gate.set()
    scheme, kind = way.split("-")
    with (
        running(serve(engine, "total"), host="::1") as server,
        client_of(kind, f"{scheme}://[::1]:{server.port}") as client,
    ):
        np.testing.assert_array_equal(client.predict({"x": X})["total"], total_of(X))


@pytest.mark.parametrize("way", THREADED)
def test_who_comes_when_the_queue_is_full_is_told_so(
    engine: GatedTotal, port: int, open_way: Open, way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = open_way(way, port)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, X)
        assert engine.running.wait(20)
        error = failed(ask, X)
        engine.gate.set()
        np.testing.assert_array_equal(first.result(20), total_of(X))
    assert type(error) is Overloaded or way in OLD
    assert "1 requests are already waiting" in (str(error) if error else capsys.readouterr().out)
