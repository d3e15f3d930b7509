import asyncio
import time
from collections.abc import Sequence

import numpy as np
import pytest

from serving_kit.errors import BadInput, ServingKitError
from serving_kit.pipeline.flow import Answer
from serving_kit.pipeline.measure import BOUNDS_S, KEPT, Latencies, OpMeasure, Totals
from serving_kit.pipeline.sample import Sample
from serving_kit.pipeline.stage import Answers, BatchStage, Ticket
from serving_kit.pipeline.timing import Timing


def test_recent_latencies_are_the_last_ones_and_all_are_in_the_buckets() -> None:
    latencies = Latencies()
    for number in range(KEPT + 10):
        latencies.add(float(number), 0.002 if number < 10 else 0.02)
    assert latencies.recent().tolist() == [0.02] * KEPT
    assert latencies.recent(since=KEPT + 6.5).tolist() == [0.02] * 3
    assert sum(latencies.buckets) == KEPT + 10
    assert latencies.buckets[BOUNDS_S.index(0.0025)] == 10
    assert latencies.sum_s == pytest.approx(10 * 0.002 + KEPT * 0.02)


@pytest.mark.parametrize("count", [5, KEPT * 3])
def test_requests_a_second_are_those_of_the_last_seconds(count: int) -> None:
    latencies, now = Latencies(), time.monotonic()
    latencies.began_at = now - 100
    for number in range(count):
        latencies.add(now - 5 + 5 * number / count, 0.1)
    latencies.add(now - 60, 0.1)
    assert latencies.per_s() == pytest.approx(count / 10 if count < KEPT else count / 5, rel=0.1)
    assert Latencies().per_s() == 0


def test_a_batch_is_divided_into_its_steps() -> None:
    measure, now = OpMeasure(), time.monotonic()
    timing = Timing(now - 0.9, now - 0.8, now - 0.3, now - 0.1, process=1, thread=2)
    measure.add([now - 2, now - 1], failed=1, began_at=now - 1, timing=timing)
    assert (measure.totals.answered, measure.totals.failed, measure.totals.batches) == (1, 1, 1)
    expected = {"in": 600, "prep": 100, "midp": 500, "postp": 200, "out": 100}
    assert measure.totals.means_ms() == pytest.approx(expected, abs=20)
    assert measure.latencies.recent().tolist() == pytest.approx([2, 1], abs=0.02)
    assert measure.totals.idle(workers=2, seconds=2) == pytest.approx(0.75, abs=0.02)
    assert measure.sizes == {2: 1}


def test_what_was_added_since_then() -> None:
    before = Totals(answered=3, in_s=1.0)
    now = Totals(answered=5, failed=1, batches=2, in_s=1.5)
    assert now.since(before) == Totals(answered=2, failed=1, batches=2, in_s=0.5)
    assert Totals().means_ms() == dict.fromkeys(("in", "prep", "midp", "postp", "out"), 0.0)
    assert Totals(busy_s=9).idle(1, 2) == 0


@pytest.mark.parametrize("knows_timing", [True, False])
def test_a_stage_counts_what_its_work_did(*, knows_timing: bool) -> None:
    async def work(tickets: Sequence[Ticket]) -> Sequence[Answer | ServingKitError]:
        began_at = time.monotonic()
        await asyncio.sleep(0.05)
        answers = [Answer(1) if ticket.values["x"] else BadInput("no") for ticket in tickets]
        now = time.monotonic()
        return Answers(answers, Timing(began_at, now, now, now, 1, 2)) if knows_timing else answers

    async def test() -> OpMeasure:
        stage = BatchStage(work, batch_size=2)
        asked = (stage.ask(Sample(number), {"x": number}) for number in range(5))
        await asyncio.gather(*asked, return_exceptions=True)
        return stage.measure

    measure = asyncio.run(test())
    assert (measure.totals.answered, measure.totals.failed, measure.totals.batches) == (4, 1, 3)
    means = measure.totals.means_ms()
    assert means["prep" if knows_timing else "midp"] == pytest.approx(50, abs=25)
    assert np.median(measure.latencies.recent()) > 0.09
    assert means["in"] > 40


def test_who_was_told_of_the_end_failed() -> None:
    async def work(_: Sequence[Ticket]) -> Sequence[Answer | ServingKitError]:
        await asyncio.sleep(60)
        return []

    async def test() -> OpMeasure:
        stage = BatchStage(work)
        asked = asyncio.create_task(stage.ask(Sample(0), {}))
        await asyncio.sleep(0.01)
        await stage.stop()
        await asyncio.gather(asked, return_exceptions=True)
        return stage.measure

    assert asyncio.run(test()).totals.failed == 1
