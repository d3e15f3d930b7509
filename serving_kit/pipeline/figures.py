"""All numbers of a running pipeline and of its ops, as plain JSON."""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving_kit.pipeline.measure import Latencies
from serving_kit.pipeline.pipeline import Pipeline

QUANTILES = (50, 60, 70, 80, 90, 95, 99)


def figures(pipeline: Pipeline) -> dict[str, Any]:
    """Return what the pipeline has done since it began, and what it is doing.

    `answered` and `failed` are requests; `per_s` are those of the last ten seconds, and latencies those of the most
    recent requests. `mean_ms` has the steps of an op: a request's wait in line (`in`), and of a batch `preprocess`
    (`prep`), `process` (`midp`), `postprocess` (`postp`) and the way back (`out`). `idle` is the share of the time,
    from 0 to 1, in which the op's workers had nothing to do, and `batch_sizes` how many batches held so many requests.
    An op with `variants` or a shadow, or with a `cache`, tells what these did (`VariantMeasure`, `OpCache`).
    """
    measure = pipeline.measure
    answered, failed, _ = measure.statistics.queries
    return {
        "name": pipeline.name,
        "up_s": round(time.monotonic() - measure.latencies.began_at, 1),
        "running": pipeline.on_their_way,
        "answered": answered,
        "failed": failed,
        "per_s": round(measure.latencies.per_s(), 2),
        "latency_ms": latency_ms(measure.latencies.recent()),
        "ops": {name: _op(pipeline, name) for name in pipeline.stages},
    }


def latency_ms(seconds: NDArray[np.float64]) -> dict[str, float]:
    """Return the mean (`ave`) and the quantiles (`p50` to `p99`) of latencies in milliseconds; none of none."""
    if not len(seconds):
        return {}
    quantiles = np.percentile(seconds, QUANTILES).tolist()
    values = {"ave": float(seconds.mean())} | {f"p{q}": value for q, value in zip(QUANTILES, quantiles, strict=True)}
    return {name: round(value * 1e3, 3) for name, value in values.items()}


def _op(pipeline: Pipeline, name: str) -> dict[str, Any]:
    stage, running = pipeline.stages[name], pipeline.running[name]
    more: dict[str, Any] = {}
    if variants := pipeline.variants.get(name):
        more["variants"] = variants.figures()
    if cache := pipeline.caches.get(name):
        more["cache"] = cache.figures()
    latencies: Latencies = stage.measure.latencies
    totals = stage.measure.totals
    return {
        "waiting": stage.waiting,
        "running": stage.running,
        "concurrency": running.concurrency,
        "batch_size": running.batch_size,
        "answered": totals.answered,
        "failed": totals.failed,
        "per_s": round(latencies.per_s(), 2),
        "latency_ms": latency_ms(latencies.recent()),
        "mean_ms": {step: round(mean, 3) for step, mean in totals.means_ms().items()},
        "idle": round(totals.idle(running.concurrency, time.monotonic() - latencies.began_at), 3),
        "batches": totals.batches,
        "batch_sizes": {str(size): count for size, count in sorted(stage.measure.sizes.items())},
        **more,
    }
