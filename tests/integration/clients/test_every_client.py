"""Every client against a real server: right answers, many callers, restarts, several servers."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import serving_kit
from serving_kit.errors import BadInput, Unavailable
from tests.integration.clients.way import MODERN, OLD, THREADED, Open, failed, opened, total_of

pytestmark = pytest.mark.integration

X = np.float32([[1, 2, 3], [4, 5, 6]])


@pytest.fixture
def config(adder: Path) -> Path:
    return adder / "serving_client"


@pytest.fixture
def open_way(config: Path) -> Iterator[Open]:
    with ExitStack() as stack:
        yield partial(opened, stack, config)


@pytest.mark.parametrize("way", [*OLD, *MODERN])
def test_the_answer_is_right_and_a_refusal_names_the_input(
    adder_server: serving_kit.Server, open_way: Open, way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = open_way(way, adder_server.port)
    np.testing.assert_array_equal(ask(X), total_of(X))
    error = failed(ask, X[:, :2])
    said = str(error) if error else capsys.readouterr().out
    assert "input 'x' must have shape [-1, 3] (-1: any), got [2, 2]" in said
    assert error is None or type(error) is BadInput
    np.testing.assert_array_equal(ask(X), total_of(X))


@pytest.mark.parametrize("way", THREADED)
def test_sixteen_threads_share_a_client(adder_server: serving_kit.Server, open_way: Open, way: str) -> None:
    ask = open_way(way, adder_server.port)
    questions = [np.full((1 + number % 3, 3), number, np.float32) for number in range(160)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, questions))
    for question, answer in zip(questions, answers, strict=True):
        np.testing.assert_array_equal(answer, total_of(question))


@pytest.mark.parametrize("scheme", ["http", "grpc", "brpc"])
def test_a_hundred_tasks_share_a_client(adder_server: serving_kit.Server, scheme: str) -> None:
    questions = [np.full((1 + number % 3, 3), number, np.float32) for number in range(100)]

    async def ask_all() -> list[dict[str, np.ndarray]]:
        async with serving_kit.connect_async(f"{scheme}://127.0.0.1:{adder_server.port}") as client:
            return await asyncio.gather(*(client.predict({"x": question}) for question in questions))

    for question, answer in zip(questions, asyncio.run(ask_all()), strict=True):
        np.testing.assert_array_equal(answer["total"], total_of(question))


def test_every_client_outlives_its_server(adder: Path, open_way: Open, capsys: pytest.CaptureFixture[str]) -> None:
    with serving_kit.start(adder) as server:
        port = server.port
        asks = {way: open_way(way, port, retries=10) for way in (*OLD, *MODERN)}
        for ask in asks.values():
            assert ask(X) is not None
    brief = {way: open_way(way, port, retries=0) for way in (*OLD, *MODERN)}
    for way, ask in brief.items():
        error = failed(ask, X)
        assert isinstance(error, Unavailable) or way in OLD
        assert "no server answers at" in (str(error) if error else capsys.readouterr().out)
    with serving_kit.start(adder, port=port):
        for way, ask in asks.items():
            np.testing.assert_array_equal(ask(X), total_of(X), err_msg=way)


def test_variants_share_the_calls_and_a_dead_server_among_two_is_not_noticed(
    adder: Path, adder_server: serving_kit.Server, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client = serving_kit.Client()
    client.load_client_config(str(config))
    with serving_kit.start(adder) as other:
        addresses = [f"127.0.0.1:{server.port}" for server in (adder_server, other)]
        client.add_variant("both", addresses, 50)
        client.add_variant("one", addresses[:1], 50)
        client.connect()
        before = [client.predict(feed={"x": X}, batch=True, need_variant_tag=True) for _ in range(50)]
    after = [client.predict(feed={"x": X}, batch=True, need_variant_tag=True) for _ in range(50)]
    client.release()
    assert {tag for _, tag in before} == {tag for _, tag in after} == {"both", "one"}
    for arrays, _ in (*before, *after):
        np.testing.assert_array_equal(arrays["total"], total_of(X))
    assert capsys.readouterr().out == ""
