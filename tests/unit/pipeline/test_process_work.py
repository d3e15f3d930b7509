"""Ops executed in real processes, which crash, get stuck and are replaced."""

import asyncio
import faulthandler
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import psutil
import pytest

from serving_kit.errors import Internal, NotFound, Unavailable
from serving_kit.pipeline.codes import ErrNo, OpError
from serving_kit.pipeline.flow import Answer
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.process_work import process_work
from serving_kit.pipeline.processes import OpProcesses
from serving_kit.pipeline.sample import Sample
from serving_kit.pipeline.stage import Answers, Ticket, Work
from serving_kit.pipeline.zygote import Zygote
from tests.unit.pipeline.test_work import AsyncDoubler, Doubler, Lists, Product, Results, row
from tests.unit.pipeline.test_work import run as run_in_thread

T = TypeVar("T")


def prepare(op: Op, number: int) -> None:
    op.concurrency_idx = number
    op.init_op()


def run(
    op: Op, test: Callable[[Work], Awaitable[T]], count: int = 1, timeout_s: float | None = None, attempts: int = 1
) -> T:
    zygote = Zygote({op.name: op}, prepare)

    async def timed() -> T:
        processes = OpProcesses(zygote, op.name, count)
        try:
            async with asyncio.timeout(30):
                await processes.start()
                return await test(process_work(op, processes, timeout_s, attempts))
        finally:
            await processes.stop()
            await zygote.close()
            assert asyncio.all_tasks() == {asyncio.current_task()}

    before = {child.pid for child in psutil.Process().children()}
    try:
        return asyncio.run(timed())
    finally:
        assert {child.pid for child in psutil.Process().children()} <= before - {zygote.pid}


def tickets(*arrays: Any) -> list[Ticket]:
    loop = asyncio.get_running_loop()
    return [
        Ticket(Sample(number, log_id=number + 100), {"before": {"x": array}}, loop.create_future(), time.monotonic())
        for number, array in enumerate(arrays)
    ]


async def ask(work: Work, *arrays: Any) -> Results:
    return await work(tickets(*arrays))


def plain(results: Results) -> list[Any]:
    return [
        (result.value, result.jumps) if isinstance(result, Answer) else (type(result), vars(result), str(result))
        for result in results
    ]


class Jumper(Product):
    """Hands its answer on to those it jumps to."""

    def __init__(self) -> None:
        super().__init__("")
        self.set_jump_to_ops([Op("behind")])

    def postprocess(self, input_data: Any, fetch_data: Any, data_id: int = 0, log_id: int = 0) -> Any:
        return {"y": (data_id, b"bytes", None)}, None, ""

    def check_jumping(self, input_data: Any) -> bool:
        return bool(input_data["y"][0])


@pytest.mark.parametrize(
    "make", [Doubler, AsyncDoubler, Lists, lambda: Product("preprocess"), lambda: Product("postprocess"), Jumper]
)
def test_answers_and_errors_are_those_of_threads(make: Callable[[], Op]) -> None:
    arrays = [row(1, 2), row(13), np.ones((1, 2), np.float32), row(4, 5, 6)]
    expected = plain(run_in_thread(make(), arrays))

    async def test(work: Work) -> None:
        for _ in range(2):
            results = await ask(work, *arrays)
            assert plain(results) == expected
            assert isinstance(results, Answers)
            assert results.timing.process not in (0, os.getpid())
            assert results.timing.began_at <= results.timing.finished_at <= time.monotonic()

    run(make(), test)


class Odd(Op):
    """Does with 13 what a test wants, and tells which process answered."""

    def __init__(self, act: Callable[[], Any]) -> None:
        super().__init__("odd")
        self.act = act

    def process(self, feed_batch: Any, typical_logid: int = 0) -> Any:
        if 13 in feed_batch[0]["x"]:
            self.act()
        return dict(feed_batch[0]), 0, ""

    def preprocess(self, input_dicts: Any, data_id: int = 0, log_id: int = 0) -> Any:
        return input_dicts["before"], False, None, ""

    def postprocess(self, input_data: Any, fetch_data: Any, data_id: int = 0, log_id: int = 0) -> Any:
        return {"x": fetch_data["x"].tolist(), "pid": os.getpid(), "number": self.concurrency_idx}, None, ""


def is_gone(process: int, within_s: float = 10.0) -> bool:
    """Wait for the end of a process, whose parent need not have noticed it."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            if psutil.Process(process).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


async def pid(work: Work) -> int:
    (answer,) = await ask(work, row(1))
    assert isinstance(answer, Answer), answer
    return int(answer.value["pid"])


def crash() -> None:
    faulthandler.disable()  # pytest's, which would print where
    os.abort()


def crash_and_leave_a_child() -> None:
    if os.fork() == 0:
        time.sleep(2)  # and holds the socket meanwhile
        os._exit(0)
    crash()


@pytest.mark.parametrize(
    ("act", "how"),
    [
        (crash, "with signal SIGABRT"),
        (crash_and_leave_a_child, "with signal SIGABRT"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "with signal SIGKILL"),
        (lambda: sys.exit(3), "with status 3"),
        (lambda: os._exit(0), "with status 0"),
        (lambda: os.closerange(3, 100) or time.sleep(60), "with signal SIGKILL"),
    ],
)
def test_a_process_that_ends_fails_the_request_that_ended_it_and_has_a_successor(
    act: Callable[[], Any], how: str
) -> None:
    async def test(work: Work) -> None:
        first = await pid(work)
        before, error, behind = await ask(work, row(1), row(13), row(2, 3))
        assert isinstance(error, OpError)
        assert error.err_no == ErrNo.CLIENT_ERROR
        assert f"[odd] failed to predict. its process ended {how}. Please check" in str(error)
        assert isinstance(before, Answer), before
        assert isinstance(behind, Answer), behind
        assert (before.value["x"], behind.value["x"]) == ([1], [2, 3])
        assert await pid(work) != first

    run(Odd(act), test)


def test_a_process_killed_while_idle_has_a_successor() -> None:
    async def test(work: Work) -> None:
        first = await pid(work)
        zygote = psutil.Process(first).parent()
        assert zygote
        os.kill(first, signal.SIGKILL)
        while {child.pid for child in zygote.children()} <= {first}:
            await asyncio.sleep(0.01)
        assert await pid(work) != first

    run(Odd(crash), test)


def test_signals_for_the_server_leave_its_processes_alone() -> None:
    async def test(work: Work) -> None:
        first = await pid(work)
        asked = asyncio.create_task(ask(work, row(13)))
        await asyncio.sleep(0.05)
        for number in (signal.SIGINT, signal.SIGTERM):
            for process in (first, psutil.Process(first).ppid()):
                os.kill(process, number)
        ((answer),) = await asked
        assert isinstance(answer, Answer), answer
        assert await pid(work) == first
        assert os.getsid(first) != os.getsid(0)

    run(Odd(lambda: time.sleep(0.2)), test)


def test_a_stuck_process_is_killed_and_the_batch_begun_again(tmp_path: Path) -> None:
    first_time = tmp_path / "first"

    def act() -> None:
        if not first_time.exists():
            first_time.touch()
            time.sleep(60)

    async def test(work: Work) -> None:
        first = await pid(work)
        (answer,) = await ask(work, row(13))
        assert isinstance(answer, Answer), answer
        assert answer.value["pid"] != first
        assert not psutil.pid_exists(first)

    run(Odd(act), test, timeout_s=0.3, attempts=2)


def test_after_an_end_each_mate_has_its_own_time_and_attempts(tmp_path: Path) -> None:
    asked = tmp_path / "asked"

    class Odder(Odd):
        def process(self, feed_batch: Any, typical_logid: int = 0) -> Any:
            if 99 in feed_batch[0]["x"] and 13 not in feed_batch[0]["x"]:
                asked.write_text(asked.read_text() + "." if asked.exists() else ".")
                time.sleep(60)
            return super().process(feed_batch, typical_logid)

    async def test(work: Work) -> None:
        crashed, stuck, fine = await ask(work, row(13, 0), row(99), row(1, 2, 3))
        assert isinstance(crashed, OpError)
        assert isinstance(stuck, OpError)
        assert (crashed.err_no, stuck.err_no) == (ErrNo.CLIENT_ERROR, ErrNo.TIMEOUT)
        assert "Failed to process(batch: [1])" in str(stuck)
        assert isinstance(fine, Answer), fine
        assert asked.read_text() == ".."

    run(Odder(crash), test, timeout_s=0.3, attempts=2)


def test_what_is_always_stuck_is_given_up() -> None:
    async def test(work: Work) -> None:
        (error,) = await ask(work, row(13))
        assert isinstance(error, OpError)
        assert error.err_no == ErrNo.TIMEOUT
        assert "(log_id=100) odd Failed to process(batch: [0]): exceeded retry count" in str(error)
        assert await pid(work)

    run(Odd(lambda: time.sleep(60)), test, timeout_s=0.2, attempts=2)


def test_the_end_of_the_pipeline_ends_a_batch() -> None:
    async def test(work: Work) -> None:
        asked = asyncio.create_task(ask(work, row(13)))
        await asyncio.sleep(0.05)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked

    run(Odd(lambda: time.sleep(60)), test)


def test_two_processes_work_at_once_and_have_numbers(tmp_path: Path) -> None:
    def act() -> None:
        (tmp_path / str(os.getpid())).touch()
        while len(list(tmp_path.iterdir())) < 2:
            time.sleep(0.01)

    async def test(work: Work) -> None:
        both = await asyncio.gather(ask(work, row(13)), ask(work, row(13)))
        found = [answer.value for (answer,) in both if isinstance(answer, Answer)]
        assert {value["number"] for value in found} == {0, 1}
        assert len({value["pid"] for value in found}) == 2

    run(Odd(act), test, count=2)


def test_large_arrays_travel_both_ways() -> None:
    class Echo(Odd):
        def postprocess(self, input_data: Any, fetch_data: Any, data_id: int = 0, log_id: int = 0) -> Any:
            return fetch_data, None, ""

    async def test(work: Work) -> None:
        large = np.arange(14, 3_000_000, dtype=np.float32)
        for answer, went in zip(await ask(work, large, large[::2]), (large, large[::2]), strict=True):
            assert isinstance(answer, Answer), answer
            np.testing.assert_array_equal(answer.value["x"], went)

    run(Echo(crash), test)


def test_what_cannot_travel_is_the_error_of_one_request() -> None:
    class Sets(Doubler):
        def postprocess(self, input_data: Any, fetch_data: Any, data_id: int = 0, log_id: int = 0) -> Any:
            return {"y": {1} if data_id == 2 else 1}, None, ""

    async def test(work: Work) -> None:
        good, request, answer = await ask(work, row(1), {1}, row(3))
        assert isinstance(good, Answer)
        for error, where in (
            (request, "what op 'doubler' is given['before']['x']"),
            (answer, "the answer of op 'doubler'['y']"),
        ):
            assert isinstance(error, OpError)
            assert error.err_no == ErrNo.TYPE_ERROR
            assert f"{where}: a value of <class 'set'> cannot travel between processes; use dict" in str(error)
        (alone,) = await ask(work, {1})
        assert isinstance(alone, OpError)

    run(Sets(), test)


class Unprepared(Op):
    """Does in `init_op` what a test wants."""

    def __init__(self, act: Callable[[], Any]) -> None:
        super().__init__("unprepared")
        self.init_op = act  # type: ignore[method-assign]


def fails(error: Exception) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


@pytest.mark.parametrize(
    ("act", "kind", "said"),
    [
        (crash, OpError, "a process of op 'unprepared' ended with signal SIGABRT in init_op; see its log"),
        (fails(NotFound("no model")), NotFound, "^no model$"),
        (fails(OpError(57, "own")), OpError, "^own$"),
        (fails(ValueError("odd")), Internal, "^op 'unprepared' cannot begin: ValueError: odd$"),
    ],
)
def test_a_process_that_cannot_begin_says_why(act: Callable[[], Any], kind: type[Exception], said: str) -> None:
    async def never(_: Work) -> None:
        raise AssertionError

    with pytest.raises(kind, match=said) as caught:
        run(Unprepared(act), never, count=2)
    if isinstance(caught.value, OpError):
        assert caught.value.err_no in (57, ErrNo.INIT_ERROR)


def test_a_successor_that_cannot_begin_is_told_of_and_tried_again(tmp_path: Path) -> None:
    missing = tmp_path / "missing"

    class Loads(Odd):
        def init_op(self) -> None:
            if missing.exists():
                raise NotFound("the model is gone")

    def act() -> None:
        missing.touch()
        crash()

    async def test(work: Work) -> None:
        await ask(work, row(13))
        for _ in range(2):
            with pytest.raises(NotFound, match="the model is gone"):
                await ask(work, row(1))
        missing.unlink()
        assert await pid(work)

    run(Loads(act), test)


def test_without_a_zygote_nothing_runs_on() -> None:
    async def test(work: Work) -> None:
        first = await pid(work)
        zygote = psutil.Process(first).ppid()
        asked = asyncio.create_task(ask(work, row(13)))
        await asyncio.sleep(0.05)
        os.kill(zygote, signal.SIGKILL)
        (error,) = await asked
        assert "ended as the process that forked it did, with signal SIGKILL" in str(error)
        with pytest.raises(Unavailable, match="no process of op 'odd' can be started any more; start the server again"):
            await pid(work)
        assert is_gone(first)

    run(Odd(lambda: time.sleep(60)), test)
