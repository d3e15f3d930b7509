"""A pipeline's figures for Prometheus: Paddle Serving's five counters of the whole, and what each op does."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from serving_kit.metrics.counters import Metrics
from serving_kit.pipeline.pipeline import Pipeline
from serving_kit.pipeline.variant_metrics import cache_rows, variant_rows

Rows = Callable[[], Iterable[Metric]]
"""Gives families of metrics as they stand."""


def follow(metrics: Metrics, pipeline: Pipeline) -> None:
    """Show from now on what the pipeline does; once for each registry."""
    metrics.follow(lambda: {pipeline.name: pipeline.measure.statistics})
    show(metrics, lambda: op_rows(pipeline))
    show(metrics, lambda: variant_rows(pipeline))
    show(metrics, lambda: cache_rows(pipeline))


def show(metrics: Metrics, rows: Rows) -> None:
    """Show these rows as well, whenever somebody asks."""
    metrics.registry.register(_Asked(rows))


class _Asked(Collector):
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def collect(self) -> Iterator[Metric]:
        """Yield what is given now."""
        yield from self._rows()


def op_rows(pipeline: Pipeline) -> Iterator[Metric]:
    """Yield requests, batches, the seconds of every step, latencies, and what waits and runs: all by op."""
    requests = CounterMetricFamily("serving_kit_op_requests", "Requests an op is done with", labels=("op", "outcome"))
    batches = CounterMetricFamily("serving_kit_op_batches", "Batches an op is done with", labels=("op",))
    steps = CounterMetricFamily(
        "serving_kit_op_seconds", "Seconds in line (in, of requests) and in each step of batches", labels=("op", "step")
    )
    waiting = GaugeMetricFamily("serving_kit_op_waiting", "Requests that wait for a worker of an op", labels=("op",))
    running = GaugeMetricFamily("serving_kit_op_running", "Batches an op works on", labels=("op",))
    durations = HistogramMetricFamily(
        "serving_kit_op_duration_seconds", "What a request takes at an op, from its coming on", labels=("op",)
    )
    for name, stage in pipeline.stages.items():
        totals = stage.measure.totals
        requests.add_metric((name, "answered"), totals.answered)
        requests.add_metric((name, "failed"), totals.failed)
        batches.add_metric((name,), totals.batches)
        for step, seconds in totals.steps_s().items():
            steps.add_metric((name, step), seconds)
        waiting.add_metric((name,), stage.waiting)
        running.add_metric((name,), stage.running)
        durations.add_metric((name,), stage.measure.latencies.cumulative(), stage.measure.latencies.sum_s)
    yield from (requests, batches, steps, waiting, running, durations)
