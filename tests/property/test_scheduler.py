"""Whatever comes together, each request gets its own answer or its own error, once, and nothing is left behind."""

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving_kit.batching.executor import Demand, Outputs
from serving_kit.batching.padding import Follow, Padding
from serving_kit.batching.scheduler import Scheduler
from serving_kit.errors import BadInput, DeadlineExceeded, Internal
from serving_kit.types import ElementType, Tensor, TensorSpec

FAILS, REFUSES, ENDS = 13.0, 14.0, 15.0


class ChaoticEngine:
    """Answers y = 2 x; fails in a way that a number in the request chooses, and answers in a way that `manner` says."""

    def __init__(self, manner: str) -> None:
        self.inputs = (TensorSpec("x", "x", ElementType.FP32, (-1, -1)),)
        self.outputs = (TensorSpec("y", "y", ElementType.FP32, (-1, -1)),)
        self.manner = manner
        self.runs = 0

    def clone(self) -> "ChaoticEngine":
        return ChaoticEngine(self.manner)

    def run(self, feeds: Mapping[str, Tensor]) -> Outputs:
        self.runs += 1
        x = feeds["x"].array
        if np.any(x == FAILS):
            raise ValueError("thirteen")
        if np.any(x == REFUSES):
            raise BadInput("fourteen")
        if np.any(x == ENDS):
            raise SystemExit("fifteen")
        y = np.multiply(x, 2)
        if self.manner == "row missing" and self.runs % 2:
            y = y[: max(1, len(y) - 1)]
        return {"y": Tensor(y)}


@dataclass(frozen=True)
class Asked:
    value: float
    rows: int
    width: int
    priority: int
    fate: str
    pause: bool

    def feeds(self) -> dict[str, Tensor]:
        return {"x": Tensor(np.full((self.rows, self.width), self.value, np.float32))}


def asked_with(values: list[float]) -> st.SearchStrategy[list[Asked]]:
    fates = ["waits", "waits", "waits", "is given up", "is given up later", "is late", "has time"]
    one = st.builds(
        Asked,
        value=st.sampled_from(values),
        rows=st.integers(1, 9),
        width=st.integers(1, 4),
        priority=st.integers(-1, 1),
        fate=st.sampled_from(fates),
        pause=st.booleans(),
    )
    return st.lists(one, min_size=1, max_size=30)


GOOD = [float(value) for value in range(1, 13)]
# A failure takes its whole run apart: without any, merged runs are what is tried.
ASKED = st.one_of(asked_with(GOOD), asked_with([*GOOD, FAILS, REFUSES, ENDS]))
SETTINGS = st.fixed_dictionaries(
    {
        "threads": st.integers(1, 3),
        "max_batch": st.sampled_from([1, 2, 4, 32]),
        "short_s": st.sampled_from([0.0, 10.0]),
        "delay_s": st.sampled_from([0.0, 0.0005]),
        "splits": st.booleans(),
        "padding": st.sampled_from([None, Padding((Follow("y", 1, "x", 1),))]),
    }
)


@given(ASKED, SETTINGS)
def test_every_request_gets_its_own_answer_or_its_own_error(asked: list[Asked], settings: dict[str, object]) -> None:
    others = set(threading.enumerate())
    scheduler = Scheduler(ChaoticEngine("plain"), **settings)  # type: ignore[arg-type]
    futures = asyncio.run(ask(scheduler, asked))
    for request, future in zip(asked, futures, strict=True):
        check(request, future)
    check_nothing_is_left(scheduler, others)


@given(ASKED, SETTINGS)
def test_an_engine_that_loses_rows_mixes_up_nobody(asked: list[Asked], settings: dict[str, object]) -> None:
    others = set(threading.enumerate())
    scheduler = Scheduler(ChaoticEngine("row missing"), **settings)  # type: ignore[arg-type]
    futures = asyncio.run(ask(scheduler, asked))
    for request, future in zip(asked, futures, strict=True):
        if not future.cancelled() and future.exception() is None:
            assert np.all(future.result()["y"].array == 2 * request.value)
    check_nothing_is_left(scheduler, others)


async def ask(scheduler: Scheduler, asked: list[Asked]) -> list[asyncio.Future[Outputs]]:
    futures = []
    for request in asked:
        loop = asyncio.get_running_loop()
        deadline_at = {"is late": loop.time() - 1, "has time": loop.time() + 60}.get(request.fate)
        future = scheduler.submit(request.feeds(), Demand(deadline_at, request.priority))
        futures.append(future)
        if request.fate == "is given up":
            future.cancel()
        if request.pause:
            await asyncio.sleep(0)
        if request.fate == "is given up later":
            future.cancel()
    await asyncio.wait(futures, timeout=20)
    await asyncio.to_thread(scheduler.close)
    return futures


def check(request: Asked, future: asyncio.Future[Outputs]) -> None:
    assert future.done()
    if request.fate == "is given up":
        assert future.cancelled()
    elif request.fate == "is late":
        assert isinstance(future.exception(), DeadlineExceeded)
    elif request.fate == "is given up later" and future.cancelled():
        return
    elif request.value in (FAILS, REFUSES, ENDS):
        said = {FAILS: (Internal, "thirteen"), REFUSES: (BadInput, "fourteen"), ENDS: (Internal, "fifteen")}
        kind, text = said[request.value]
        with pytest.raises(kind, match=text):
            future.result()
    else:
        np.testing.assert_array_equal(future.result()["y"].array, 2 * request.feeds()["x"].array)


def check_nothing_is_left(scheduler: Scheduler, others: set[threading.Thread]) -> None:
    assert scheduler.unanswered == 0
    assert not [thread.name for thread in set(threading.enumerate()) - others if thread.name.startswith("engine-")]
