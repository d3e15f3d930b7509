"""Ops with hooks, executed in threads and on the loop."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from serving_kit.errors import BadInput, ServingKitError
from serving_kit.pipeline.codes import ErrNo, OpError
from serving_kit.pipeline.flow import Answer
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.sample import Sample
from serving_kit.pipeline.stage import Ticket
from serving_kit.pipeline.threads import OpThreads
from serving_kit.pipeline.work import thread_work

Results = Sequence[Answer | ServingKitError]


class Doubler(Op):
    """Doubles `x`, and refuses 13 wherever a test wants it."""

    poison = "process"

    def __init__(self, **fields: Any) -> None:
        super().__init__(name="doubler", **fields)
        self.calls: list[int] = []

    def preprocess(self, input_dicts: Mapping[str, Any], data_id: int = 0, log_id: int = 0) -> Any:
        (values,) = input_dicts.values()
        self.check("preprocess", values["x"])
        return {"x": values["x"]}, False, None, ""

    def process(self, feed_batch: Sequence[Mapping[str, Any]], typical_logid: int = 0) -> Any:
        x = feed_batch[0]["x"]
        self.calls.append(len(x))
        self.check("process", x)
        return {"y": x * 2}, 0, ""

    def postprocess(self, input_data: Any, fetch_data: Any, data_id: int = 0, log_id: int = 0) -> Any:
        self.check("postprocess", input_data["before"]["x"])
        return {"y": fetch_data["y"].tolist(), "data_id": data_id}, None, ""

    def check(self, step: str, x: np.ndarray) -> None:
        if step == self.poison and 13 in x:
            raise ValueError("it's unlucky")


class AsyncDoubler(Doubler):
    """The same with a coroutine in the middle."""

    async def process(self, feed_batch: Sequence[Mapping[str, Any]], typical_logid: int = 0) -> Any:  # type: ignore[override]
        await asyncio.sleep(0)
        assert threading.current_thread() is threading.main_thread()
        return super().process(feed_batch, typical_logid)

    def preprocess(self, input_dicts: Mapping[str, Any], data_id: int = 0, log_id: int = 0) -> Any:
        assert threading.current_thread() is not threading.main_thread()
        return super().preprocess(input_dicts, data_id, log_id)


def row(*numbers: float) -> np.ndarray:
    return np.array(numbers, np.float32)


def run(op: Op, arrays: Sequence[Any], timeout_s: float | None = None, attempts: int = 1) -> Results:
    async def batch() -> Results:
        threads = OpThreads(op.name, 1)
        loop = asyncio.get_running_loop()
        tickets = [
            Ticket(Sample(number, log_id=number + 100), {"before": {"x": array}}, loop.create_future(), 0.0)
            for number, array in enumerate(arrays)
        ]
        try:
            return await thread_work(op, threads, timeout_s, attempts)(tickets)
        finally:
            threads.stop()

    return asyncio.run(batch())


def values(results: Results) -> list[Any]:
    return [result.value["y"] if isinstance(result, Answer) else str(result) for result in results]


@pytest.mark.parametrize("kind", [Doubler, AsyncDoubler])
def test_a_batch_is_one_call_and_each_gets_its_own_part(kind: type[Doubler]) -> None:
    op = kind()
    assert values(run(op, [row(1, 2), row(3), row(4, 5, 6)])) == [[2, 4], [6], [8, 10, 12]]
    assert op.calls == [6]


def test_what_does_not_fit_is_asked_apart() -> None:
    op = Doubler()
    results = run(op, [row(1), np.ones((1, 2), np.float32), row(2), np.array([3])])
    assert values(results) == [[2], [[2, 2]], [4], [6]]
    assert sorted(op.calls) == [1, 1, 2]


@pytest.mark.parametrize("kind", [Doubler, AsyncDoubler])
@pytest.mark.parametrize("step", ["preprocess", "process", "postprocess"])
def test_an_error_in_one_request_leaves_its_batch_mates_alone(kind: type[Doubler], step: str) -> None:
    op = kind()
    op.poison = step
    good, bad, other = run(op, [row(1), row(13), row(2)])
    assert values([good, other]) == [[2], [4]]
    assert isinstance(bad, OpError)
    assert bad.err_no == ErrNo.UNKNOW
    if step == "process":
        assert str(bad).startswith("[doubler] failed to predict. it's unlucky. Please check the input dict")
    else:
        assert str(bad).startswith("Log_id: 101  Raise_msg: its unlucky  ClassName: ")
        assert str(bad).endswith(f"FunctionName: {step}")


class Product(Op):
    """Answers with a product's own error wherever it is told to."""

    def __init__(self, step: str) -> None:
        super().__init__(name="product")
        self.step = step

    def preprocess(self, input_dicts: Any, data_id: int = 0, log_id: int = 0) -> Any:
        return ({"x": row(1)}, False, 51, "not today") if self.step == "preprocess" else ({"x": row(1)}, True, None, "")

    def postprocess(self, input_data: Any, fetch_data: Any, data_id: int = 0, log_id: int = 0) -> Any:
        return fetch_data, 52 if self.step == "postprocess" else None, "nor tomorrow"


@pytest.mark.parametrize(
    ("step", "err_no", "text"), [("preprocess", 51, "not today"), ("postprocess", 52, "nor tomorrow")]
)
def test_a_products_own_error_goes_out_as_it_is(step: str, err_no: int, text: str) -> None:
    (error,) = run(Product(step), [row(1)])
    assert isinstance(error, OpError)
    assert (error.err_no, str(error)) == (err_no, text)


def test_a_skipped_process_hands_the_feed_on() -> None:
    (answer,) = run(Product(""), [row(1)])
    assert isinstance(answer, Answer)
    assert answer.value["x"].tolist() == [1]


class Lists(Op):
    """Asks for each of several crops."""

    def preprocess(self, input_dicts: Any, data_id: int = 0, log_id: int = 0) -> Any:
        return [{"x": row(n)} for n in range(3)], False, None, ""

    def process(self, feed_batch: Any, typical_logid: int = 0) -> Any:
        return {"y": feed_batch[0]["x"] + 1}, 0, ""

    def postprocess(self, input_data: Any, fetch_data: Any, data_id: int = 0, log_id: int = 0) -> Any:
        return {"y": [one["y"].tolist() for one in fetch_data]}, None, ""


def test_a_list_of_feeds_comes_back_as_a_list_of_outputs() -> None:
    assert values(run(Lists(), [row(0), row(0)])) == [[[1], [2], [3]]] * 2


def failing(hook: str, result: Any) -> Op:
    kind = type("Odd", (Doubler,), {hook: lambda self, *_: result})
    made: Op = kind()
    return made


@pytest.mark.parametrize(
    ("op", "err_no", "said"),
    [
        (failing("preprocess", ("text", False, None, "")), ErrNo.TYPE_ERROR, "must return a dict or a list"),
        (failing("preprocess", None), ErrNo.UNKNOW, "cannot unpack"),
        (failing("process", (None, 0, "")), ErrNo.CLIENT_ERROR, "the model gave no answer"),
        (failing("process", ({}, 5000, "invalid arg list: ['feed_batch']")), 5000, "invalid arg list"),
        (failing("postprocess", ("text", None, "")), ErrNo.TYPE_ERROR, "must return a dict, not str"),
    ],
)
def test_a_hook_that_returns_nonsense_is_named(op: Op, err_no: int, said: str) -> None:
    (error,) = run(op, [row(1)])
    assert isinstance(error, OpError)
    assert error.err_no == err_no
    assert said in str(error)


def test_an_output_that_does_not_come_apart_is_asked_one_by_one() -> None:
    op = failing("process", ({"y": row(7)}, 0, ""))
    assert values(run(op, [row(1), row(2)])) == [[7], [7]]


class Sleepy(Doubler):
    """Is stuck on its first calls."""

    def __init__(self, stuck: int) -> None:
        super().__init__()
        self.stuck = stuck

    def process(self, feed_batch: Any, typical_logid: int = 0) -> Any:
        self.stuck -= 1
        if self.stuck >= 0:
            time.sleep(0.3)
        return super().process(feed_batch, typical_logid)


def test_a_stuck_op_is_begun_again_and_given_up_in_the_end() -> None:
    assert values(run(Sleepy(1), [row(1)], timeout_s=0.1, attempts=2)) == [[2]]
    (error,) = run(Sleepy(5), [row(1)], timeout_s=0.1, attempts=2)
    assert isinstance(error, OpError)
    assert error.err_no == ErrNo.TIMEOUT
    assert "(log_id=100) doubler Failed to process(batch: [0]): exceeded retry count" in str(error)


def test_an_op_of_several_inputs_must_join_them_itself() -> None:
    with pytest.raises(BadInput, match="has 2 inputs; override preprocess"):
        Op("join").preprocess({"a": {}, "b": {}})


def test_ops_are_named_and_checked() -> None:
    read = Op("read")
    assert Op(input_ops=read).get_input_ops() == (read,)  # type: ignore[arg-type] # old scripts give one by itself
    assert Op().name != Op().name
    with pytest.raises(BadInput, match="input_ops of op 'x' must hold ops, got 'read'"):
        Op("x", input_ops=["read"])  # type: ignore[list-item]


def on_threads(test: Callable[[OpThreads], Awaitable[None]], count: int = 1) -> None:
    async def timed() -> None:
        async with asyncio.timeout(10):
            await test(OpThreads("t", count))

    asyncio.run(timed())


def test_what_is_given_up_before_it_begins_never_runs() -> None:
    ran: list[str] = []

    async def test(threads: OpThreads) -> None:
        busy = asyncio.create_task(threads.run(lambda: time.sleep(0.1)))
        await asyncio.sleep(0.02)
        with pytest.raises(TimeoutError):
            await threads.run(lambda: ran.append("late"), 0.02)
        await busy
        assert await threads.run(lambda: "next") == "next"

    on_threads(test)
    assert not ran


def test_a_stuck_thread_has_a_substitute_and_ends_by_itself() -> None:
    release = threading.Event()

    async def test(threads: OpThreads) -> None:
        with pytest.raises(TimeoutError):
            await threads.run(release.wait, 0.05)
        assert threads.stuck == 1
        assert await threads.run(lambda: threading.current_thread().name) == "op-t"
        release.set()
        while threads.stuck:
            await asyncio.sleep(0.01)

    on_threads(test)


def test_work_that_tries_to_end_the_process_is_an_error_of_its_own() -> None:
    async def test(threads: OpThreads) -> None:
        with pytest.raises(RuntimeError, match="tried to end the process"):
            await threads.run(exec_exit)
        assert await threads.run(lambda: 1) == 1

    on_threads(test)


def exec_exit() -> None:
    raise SystemExit(3)
