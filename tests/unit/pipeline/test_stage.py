import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from serving_kit.errors import BadInput, Internal, ServingKitError, Unavailable
from serving_kit.pipeline.flow import Answer
from serving_kit.pipeline.sample import Sample
from serving_kit.pipeline.stage import BatchStage, Ticket


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def timed() -> None:
        async with asyncio.timeout(10):
            await test()
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(timed())


class Gated:
    """Work that waits for leave, and notes its batches."""

    def __init__(self) -> None:
        self.leave = asyncio.Event()
        self.batches: list[list[Any]] = []

    async def __call__(self, tickets: Sequence[Ticket]) -> Sequence[Answer | ServingKitError]:
        self.batches.append([ticket.values["x"] for ticket in tickets])
        await self.leave.wait()
        return [Answer(ticket.values["x"] * 10) for ticket in tickets]


def ask(stage: BatchStage, value: int) -> asyncio.Task[Answer]:
    return asyncio.create_task(stage.ask(Sample(value), {"x": value}))


def test_what_waits_shares_the_next_batch() -> None:
    async def test() -> None:
        work = Gated()
        stage = BatchStage(work, batch_size=3)
        asked = []
        for value in range(5):
            asked.append(ask(stage, value))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert work.batches == [[0]]
        work.leave.set()
        assert [answer.value for answer in await asyncio.gather(*asked)] == [0, 10, 20, 30, 40]
        assert work.batches == [[0], [1, 2, 3], [4]]

    run(test)


def test_full_batches_are_given_ahead_of_a_free_worker() -> None:
    async def test() -> None:
        work = Gated()
        stage = BatchStage(work, batch_size=2, ahead=1)
        asked = []
        for value in range(8):
            asked.append(ask(stage, value))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert work.batches == [[0], [1, 2]], "one is worked on, one full batch is at hand, and no more"
        assert (stage.running, stage.waiting) == (1, 7)
        asked[1].cancel()
        await asyncio.sleep(0)
        assert stage.waiting == 6
        work.leave.set()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [answer.value for answer in answers if isinstance(answer, Answer)] == [0, 20, 30, 40, 50, 60, 70]
        assert work.batches == [[0], [1, 2], [3, 4], [5, 6], [7]]

    run(test)


def test_a_batch_waits_for_others_as_long_as_it_may() -> None:
    async def test() -> None:
        work = Gated()
        work.leave.set()
        stage = BatchStage(work, batch_size=2, wait_s=0.05)
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert (await ask(stage, 1)).value == 10
        assert loop.time() - began >= 0.045
        await asyncio.gather(ask(stage, 2), ask(stage, 3))
        assert work.batches == [[1], [2, 3]]

    run(test)


def test_a_full_line_holds_up_who_comes() -> None:
    async def test() -> None:
        work = Gated()
        stage = BatchStage(work, capacity=1)
        asked = [ask(stage, value) for value in range(4)]
        await asyncio.sleep(0.01)
        assert (stage.running, stage.waiting) == (1, 1)
        asked[3].cancel()
        work.leave.set()
        await asyncio.gather(*asked, return_exceptions=True)
        assert work.batches == [[0], [1], [2]]

    run(test)


def test_who_goes_leaves_the_line_and_their_batch_mates_go_on() -> None:
    async def test() -> None:
        work = Gated()
        stage = BatchStage(work, batch_size=2)
        first = ask(stage, 0)
        await asyncio.sleep(0.01)
        asked = [ask(stage, value) for value in (1, 2, 3)]
        await asyncio.sleep(0.01)
        asked[0].cancel()
        first.cancel()
        await asyncio.sleep(0.01)
        work.leave.set()
        assert [answer.value for answer in await asyncio.gather(*asked[1:])] == [20, 30]
        assert work.batches == [[0], [2, 3]]
        await stage.stop()

    run(test)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [(BadInput("wrong"), BadInput), (ValueError("odd"), Internal), ([], Internal)],
)
def test_work_that_fails_fails_the_requests_and_nobody_waits_for_ever(
    outcome: object, expected: type[Exception]
) -> None:
    async def work(_: Sequence[Ticket]) -> Sequence[Answer | ServingKitError]:
        if isinstance(outcome, Exception):
            raise outcome
        return []

    async def test() -> None:
        stage = BatchStage(work)
        for _ in range(2):
            with pytest.raises(expected):
                await stage.ask(Sample(0), {"x": 0})

    run(test)


def test_the_end_is_told_to_all_who_wait() -> None:
    async def test() -> None:
        stage = BatchStage(Gated(), capacity=1)
        asked = [ask(stage, value) for value in range(3)]
        await asyncio.sleep(0.01)
        await stage.stop()
        for outcome in await asyncio.gather(*asked, return_exceptions=True):
            assert isinstance(outcome, Unavailable)

    run(test)
