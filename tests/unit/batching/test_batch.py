from collections.abc import Iterator

import numpy as np
import pytest

from serving_kit.batching.batch import BatchExecutor
from serving_kit.errors import Internal, Overloaded, Unavailable
from serving_kit.types import Tensor
from tests.unit.batching.engines import CountingEngine, DoublingEngine, NonsenseEngine, rows


@pytest.fixture
def engine() -> DoublingEngine:
    return DoublingEngine()


@pytest.fixture
def executor(engine: DoublingEngine) -> Iterator[BatchExecutor]:
    """One thread, held by a first request, so that whatever is submitted next waits together."""
    executor = BatchExecutor(engine, threads=1, max_batch=4, queue_limit=6)
    executor.submit(rows(100))
    assert engine.running.wait(20)
    yield executor
    engine.gate.set()
    executor.close()


def test_a_cancelled_member_leaves_its_batch_mates_unharmed(executor: BatchExecutor, engine: DoublingEngine) -> None:
    before, cancelled, after = (executor.submit(rows(value)) for value in (1, 2, 3))
    assert cancelled.cancel()
    engine.gate.set()
    assert before.result(20)["y"].array.tolist() == [[2]]
    assert after.result(20)["y"].array.tolist() == [[6]]
    assert engine.runs == [1, 2]


def test_a_failing_member_leaves_its_batch_mates_unharmed(executor: BatchExecutor, engine: DoublingEngine) -> None:
    before, failing, after = (executor.submit(rows(value)) for value in (1, 13, 3))
    engine.gate.set()
    assert before.result(20)["y"].array.tolist() == [[2]]
    assert after.result(20)["y"].array.tolist() == [[6]]
    with pytest.raises(Internal, match=r"failed on this input: thirteen is not served$"):
        failing.result(20)


def test_a_batch_of_cancelled_members_does_not_stop_the_thread(executor: BatchExecutor, engine: DoublingEngine) -> None:
    assert executor.submit(rows(1)).cancel()
    engine.gate.set()
    assert executor.submit(rows(2)).result(20)["y"].array.tolist() == [[4]]


def test_waiting_requests_share_a_run_up_to_the_maximum(executor: BatchExecutor, engine: DoublingEngine) -> None:
    futures = [executor.submit(rows(*values)) for values in ([1, 2], [3], [4, 5], [6])]
    engine.gate.set()
    assert [future.result(20)["y"].array.ravel().tolist() for future in futures] == [[2, 4], [6], [8, 10], [12]]
    assert engine.runs == [1, 4, 2]


def test_a_request_over_the_maximum_runs_alone(executor: BatchExecutor, engine: DoublingEngine) -> None:
    large, small = executor.submit(rows(*range(6))), executor.submit(rows(7))
    engine.gate.set()
    assert len(large.result(20)["y"].array) == 6
    assert small.result(20)["y"].array.tolist() == [[14]]
    assert engine.runs == [1, 6, 1]


def test_different_shapes_do_not_share_a_run(executor: BatchExecutor, engine: DoublingEngine) -> None:
    narrow = executor.submit(rows(1))
    wide = executor.submit({"x": Tensor(np.ones((1, 3), np.float32))})
    engine.gate.set()
    assert (narrow.result(20)["y"].array.shape, wide.result(20)["y"].array.shape) == ((1, 1), (1, 3))
    assert engine.runs == [1, 1, 1]


def test_the_queue_is_bounded_and_recovers(executor: BatchExecutor, engine: DoublingEngine) -> None:
    waiting = [executor.submit(rows(value)) for value in range(5)]
    with pytest.raises(Overloaded, match="6 requests"):
        executor.submit(rows(9))
    engine.gate.set()
    for future in waiting:
        future.result(20)
    assert executor.submit(rows(9)).result(20)["y"].array.tolist() == [[18]]


def test_closing_finishes_what_was_accepted_and_refuses_the_rest(
    executor: BatchExecutor, engine: DoublingEngine
) -> None:
    accepted = executor.submit(rows(1))
    engine.gate.set()
    executor.close()
    assert accepted.done()
    with pytest.raises(Unavailable, match="stopping"):
        executor.submit(rows(2))


def test_a_model_whose_answers_cannot_be_taken_apart_is_not_merged() -> None:
    engine = CountingEngine()
    executor = BatchExecutor(engine, threads=1, max_batch=8)
    first = executor.submit(rows(1, 2))
    assert engine.running.wait(20)
    futures = [executor.submit(rows(value)) for value in (1, 2, 3)]
    engine.gate.set()
    assert first.result(20)["y"].array.tolist() == [[3]]
    assert [future.result(20)["y"].array.tolist() for future in futures] == [[[1]], [[2]], [[3]]]
    assert engine.runs == [2, 1, 1, 1]
    executor.close()


def test_a_model_with_a_fixed_output_is_never_merged() -> None:
    engine = DoublingEngine(output_shape=(4, 1))
    executor = BatchExecutor(engine, threads=1, max_batch=8)
    futures = [executor.submit(rows(value)) for value in (1, 2, 3)]
    engine.gate.set()
    for future in futures:
        future.result(20)
    assert engine.runs == [1, 1, 1]
    executor.close()


def test_an_answer_that_is_no_tensor_fails_its_requests_and_not_the_thread() -> None:
    engine = NonsenseEngine()
    executor = BatchExecutor(engine, threads=1, max_batch=8)
    futures = [executor.submit(rows(value)) for value in (1, 2, 3)]
    engine.gate.set()
    for future in futures:
        with pytest.raises(Internal, match="makes no sense"):
            future.result(20)
    executor.close()
