import asyncio
import json
import logging
import re

import pytest
from prometheus_client.core import GaugeMetricFamily

from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.metrics.counters import Metrics
from serving_kit.pipeline.figures import figures
from serving_kit.pipeline.metrics import follow, show
from serving_kit.pipeline.pipeline import Pipeline
from serving_kit.pipeline.tracer import Tracer
from tests.unit.pipeline.watched import ask, run, watched


def test_figures_tell_what_every_op_did() -> None:
    async def look(pipeline: Pipeline) -> dict:
        before = figures(pipeline)
        assert (before["answered"], before["latency_ms"], before["ops"]["half"]["answered"]) == (0, {}, 0)
        await ask(pipeline, "1", "2", "no number")
        return json.loads(json.dumps(figures(pipeline)))

    told = run(watched(), look)
    assert (told["name"], told["running"], told["answered"], told["failed"]) == ("watched", 0, 2, 1)
    assert told["per_s"] > 0
    assert told["latency_ms"]["p50"] <= told["latency_ms"]["p99"] < 5000
    half, total = told["ops"]["half"], told["ops"]["sum"]
    assert (half["answered"], half["failed"], half["waiting"], half["running"]) == (2, 1, 0, 0)
    assert (total["answered"], total["failed"], total["concurrency"]) == (2, 0, 1)
    assert sum(int(size) * count for size, count in half["batch_sizes"].items()) == 3
    assert set(half["mean_ms"]) == {"in", "prep", "midp", "postp", "out"}
    assert 0 <= half["idle"] <= 1


def test_requests_that_nobody_can_read_have_failed_too() -> None:
    async def look(pipeline: Pipeline) -> dict:
        assert (await pipeline.answer(pb.Request(name="other"))).err_no == 3002
        return figures(pipeline)

    assert run(watched(), look)["failed"] == 1


def test_the_tracer_writes_what_happened_since_the_last_time(caplog: pytest.LogCaptureFixture) -> None:
    async def look(pipeline: Pipeline) -> list[str]:
        tracer = Tracer(pipeline, 10)
        await ask(pipeline, "1", "2", "no number")
        written = []
        for _ in range(2):
            caplog.clear()
            with caplog.at_level(logging.INFO, "serving_kit.pipeline.tracer"):
                tracer.write()
            written.append("\n".join(record.getMessage() for record in caplog.records))
            await ask(pipeline, "5")
        return written

    first, second = run(watched(), look)
    assert re.search(
        r"Op\(half\):\n\tin\[.* ms\]\n\tprep\[.* ms\]\n\tmidp\[.* ms\]\n\tpostp\[.* ms\]\n\tout\[.* ms\]\n\tidle\[",
        first,
    )
    assert "\tQuery count[3]" in first
    assert f"\tSucc[{2 / 3}]" in first
    assert "\tError req[2]" in first
    quantiles = "".join(rf"\t\t\.{quantile}\[[\d.]+ ms\]\n" for quantile in (50, 60, 70, 80, 90, 95, 99))
    assert re.search(r"\tLatency:\n\t\tave\[[\d.]+ ms\]\n" + quantiles, first)
    assert "\tsum(In: ['half'], Out: ['sum']) size[0/0]" in first
    assert "\tQuery count[1]" in second
    assert "\tError req[]" in second


def test_the_tracer_writes_again_and_again_until_it_is_left() -> None:
    class Failing(Tracer):
        written = 0

        def write(self) -> None:
            self.written += 1
            raise RuntimeError("the disk is full")

    async def look(pipeline: Pipeline) -> None:
        before = asyncio.all_tasks()
        async with Failing(pipeline, 1) as tracer:
            tracer._interval_s = 0.01
            await asyncio.sleep(0.2)
        assert tracer.written > 1
        async with Tracer(pipeline, -1):
            assert asyncio.all_tasks() == before

    run(watched(), look)


def test_prometheus_reads_the_old_names_and_every_op() -> None:
    async def look(pipeline: Pipeline) -> str:
        metrics = Metrics()
        follow(metrics, pipeline)
        await ask(pipeline, "1", "2", "no number")
        return metrics.render().decode()

    text = run(watched(), look)
    assert 'pd_query_request_success_total{model="watched",version="0"} 2.0' in text
    assert 'pd_query_request_failure_total{model="watched",version="0"} 1.0' in text
    assert re.search(r'pd_inference_count_total\{model="watched",version="0"\} [2-9]', text)
    assert 'serving_kit_op_requests_total{op="half",outcome="answered"} 2.0' in text
    assert 'serving_kit_op_requests_total{op="half",outcome="failed"} 1.0' in text
    assert 'serving_kit_op_duration_seconds_bucket{le="+Inf",op="sum"} 2.0' in text
    assert 'serving_kit_op_duration_seconds_count{op="sum"} 2.0' in text
    assert 'serving_kit_op_seconds_total{op="sum",step="midp"}' in text
    assert 'serving_kit_op_waiting{op="sum"} 0.0' in text


def test_others_may_show_rows_of_their_own() -> None:
    metrics = Metrics()
    show(metrics, lambda: [GaugeMetricFamily("share", "of a variant", value=0.3)])
    assert "share 0.3" in metrics.render().decode()
