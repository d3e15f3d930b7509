"""Requests on callbacks: told once, at once or later, and not at all once they are given up."""

import asyncio

import numpy as np
import pytest

from serving_kit.errors import DeadlineExceeded, Unavailable
from serving_kit.service.call import Pending
from serving_kit.service.service import Service
from serving_kit.service.workflow import Workflow
from serving_kit.types import InferRequest, NamedTensor, Tensor
from tests.unit.served import LinearEngine, serve
from tests.unit.transports.instant import instant
from tests.unit.transports.stuck import StuckExecutor

ROW = NamedTensor("x", Tensor(np.ones((1, 13), np.float32)))


def price(pending: Pending) -> float:
    return float(pending.response().outputs[0].tensors[0].tensor.array.item())


def test_an_answer_that_is_there_at_once_is_told_before_begin_returns() -> None:
    async def ask() -> None:
        told: list[Pending] = []
        pending = Service([instant()]).begin(None, InferRequest((ROW,)), told.append)
        assert told == [pending]
        assert price(pending) == 13

    asyncio.run(ask())


def test_a_request_to_several_models_is_told_too() -> None:
    async def ask() -> None:
        answered = asyncio.Event()
        workflow = Workflow.parallel(["one", "uci_housing"])
        service = Service([serve(LinearEngine(), "one"), instant()], workflow=workflow)
        pending = service.begin(None, InferRequest((ROW,)), lambda _: answered.set())
        await asyncio.wait_for(answered.wait(), 20)
        assert [output.model_name for output in pending.response().outputs] == ["one", "uci_housing"]

    asyncio.run(ask())


@pytest.mark.parametrize("ends", ["given up", "late", "dropped"])
def test_one_that_is_not_answered_is_a_failure_and_told_of_unless_nobody_wants_it(ends: str) -> None:
    async def ask() -> None:
        model = instant()
        model.executor = StuckExecutor()
        told: list[Pending] = []
        deadline_s = 0.01 if ends == "late" else None
        pending = Service([model]).begin(None, InferRequest((ROW,), deadline_s=deadline_s), told.append)
        if ends == "given up":
            pending.cancel()
        elif ends == "dropped":
            pending._future.cancel()  # type: ignore[attr-defined]
        while not (told or ends == "given up"):
            await asyncio.sleep(0.001)
        if told:
            with pytest.raises(DeadlineExceeded if ends == "late" else Unavailable):
                pending.response()
        pending.cancel()
        assert (model.statistics.fail.count, model.statistics.queries[:2]) == (1, (0, 1))

    asyncio.run(ask())
