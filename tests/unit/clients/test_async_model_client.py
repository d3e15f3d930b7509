"""What only the client for coroutines does; the rest is in `test_model_client`."""

import asyncio
import socket
from typing import Any

import numpy as np
import pytest

from serving_kit.clients import AsyncModelClient, connect_async
from serving_kit.errors import DeadlineExceeded
from serving_kit.types import InferResponse, ModelOutput
from tests.unit.clients import brpc_stand_in
from tests.unit.clients.brpc_stand_in import Call
from tests.unit.clients.echo import NAME, SERVERS


async def ask(client: AsyncModelClient, *numbers: int, **options: Any) -> list[Any]:
    calls = [client.predict({"x": np.full((1, 3), number, np.float32)}, **options) for number in numbers]
    return await asyncio.gather(*calls, return_exceptions=True)


@pytest.mark.parametrize("scheme", ["http", "grpc", "brpc"])
def test_tasks_share_a_client_and_each_gets_its_own_answer(scheme: str) -> None:
    async def ask_all(url: str) -> list[Any]:
        async with connect_async(url) as client:
            return await ask(client, *range(100))

    with SERVERS[scheme]([]) as echo:
        for number, answer in enumerate(asyncio.run(ask_all(echo.url))):
            assert (answer["x"] == number).all()
        assert echo.inferences == 100


def test_tasks_that_start_together_ask_once_for_the_model_and_what_it_wants() -> None:
    async def ask_all(url: str) -> AsyncModelClient:
        async with connect_async(url) as client:
            await ask(client, *range(10))
            return client

    with SERVERS["http"]([]) as echo:
        client = asyncio.run(ask_all(echo.url))
        paths = [asked.path for asked in echo.server.asked]
    assert (paths.count("/v2/models"), paths.count(f"/v2/models/{NAME}"), len(paths)) == (1, 1, 12)
    assert repr(client) == f"AsyncModelClient({echo.url!r}, model={NAME!r})"


def test_waiting_for_another_task_counts_against_the_deadline() -> None:
    async def ask_both(url: str) -> list[Any]:
        async with connect_async(url) as client:
            patient = asyncio.create_task(ask(client, 1, timeout_s=20))
            await asyncio.sleep(0)
            hurried = await ask(client, 2, timeout_s=0.05)
            patient.cancel()
            return hurried

    with socket.create_server(("127.0.0.1", 0)) as silent:
        (error,) = asyncio.run(ask_both(f"http://127.0.0.1:{silent.getsockname()[1]}"))
    assert type(error) is DeadlineExceeded
    assert "within 0.05 s" in str(error)


def test_brpc_calls_share_one_connection_and_may_be_answered_in_any_order() -> None:
    held: list[Call] = []

    def reversed_in_threes(call: Call) -> None:
        held.append(call)
        if len(held) == 3:
            for one in reversed(held):
                one.reply(InferResponse((ModelOutput("", "", one.request.tensors),)))
            held.clear()

    async def ask_all(url: str) -> list[Any]:
        async with connect_async(url) as client:
            return await ask(client, *range(9))

    with brpc_stand_in.serving(answer=reversed_in_threes) as server:
        answers = asyncio.run(ask_all(f"brpc://{server.address}"))
        assert server.connections == 1
    assert [answer["x"][0, 0] for answer in answers] == list(range(9))


def test_a_call_that_gives_up_leaves_the_others_and_their_connection_alone() -> None:
    def first_never(call: Call) -> None:
        if call.request.tensors[0].tensor.array[0, 0] != 0:
            brpc_stand_in.echo(call)

    async def ask_all(url: str) -> list[Any]:
        async with connect_async(url) as client:
            given_up = await ask(client, 0, timeout_s=0.05)
            return given_up + await ask(client, 1, 2)

    with brpc_stand_in.serving(answer=first_never) as server:
        error, *answers = asyncio.run(ask_all(f"brpc://{server.address}"))
        assert server.connections == 1
    assert type(error) is DeadlineExceeded
    assert [answer["x"][0, 0] for answer in answers] == [1, 2]


def test_a_connection_that_the_server_closed_is_replaced() -> None:
    async def ask_twice(server: brpc_stand_in.BrpcStandIn) -> list[Any]:
        async with connect_async(f"brpc://{server.address}") as client:
            first = await ask(client, 1)
            closed = server.sockets[0]
            server.drop_connections()
            closed.close()
            return first + await ask(client, 2)

    with brpc_stand_in.serving() as server:
        answers = asyncio.run(ask_twice(server))
        assert server.connections == 2
    assert [answer["x"][0, 0] for answer in answers] == [1, 2]


def test_every_call_on_a_connection_that_breaks_is_told() -> None:
    def hang_up_at_the_third(call: Call) -> None:
        if len(server.calls) == 3:
            call.hang_up()

    async def ask_all(url: str) -> list[Any]:
        async with connect_async(url) as client:
            return await ask(client, 1, 2, 3)

    with brpc_stand_in.serving(answer=hang_up_at_the_third) as server:
        errors = asyncio.run(ask_all(f"brpc://{server.address}"))
        assert len(server.calls) == 3
    assert ["broke the connection" in str(error) for error in errors] == [True] * 3
