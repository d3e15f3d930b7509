"""What an op, and a whole pipeline, have done: requests, batches, and where their time went."""

import time
from array import array
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from serving_kit.metrics.statistics import Statistics
from serving_kit.pipeline.timing import Timing

KEPT = 2048  # requests whose latency is kept by itself
BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_RATE_S = 10.0  # over which requests per second are counted


class Latencies:
    """How long requests took: in buckets between `BOUNDS_S`, and each of the last `KEPT` by itself."""

    def __init__(self) -> None:
        self.began_at = time.monotonic()
        self.sum_s = 0.0
        self.buckets = [0] * (len(BOUNDS_S) + 1)
        self._count = 0
        self._ended_at = array("d", bytes(8 * KEPT))
        self._took_s = array("d", bytes(8 * KEPT))

    def add(self, ended_at: float, took_s: float) -> None:
        """Count one request."""
        place = self._count % KEPT
        self._count += 1
        self._ended_at[place] = ended_at
        self._took_s[place] = took_s
        self.sum_s += took_s
        self.buckets[bisect_left(BOUNDS_S, took_s)] += 1

    def recent(self, since: float = -np.inf) -> NDArray[np.float64]:
        """Return what those of the last `KEPT` requests took, in seconds, that ended after `since`."""
        kept = min(self._count, KEPT)
        took_s: NDArray[np.float64] = np.frombuffer(self._took_s)[:kept][np.frombuffer(self._ended_at)[:kept] > since]
        return took_s

    def cumulative(self) -> list[tuple[str, float]]:
        """Return for each bound, the last being all, how many requests took no longer, as Prometheus has histograms."""
        return list(zip([*map(str, BOUNDS_S), "+Inf"], accumulate(self.buckets), strict=True))

    def per_s(self) -> float:
        """Return how many requests ended in each of the last seconds."""
        now = time.monotonic()
        since = max(now - _RATE_S, self.began_at)
        if self._count >= KEPT:
            since = max(since, self._ended_at[self._count % KEPT])  # of older ones nothing is known
        return len(self.recent(since)) / max(now - since, 1e-3)


@dataclass(slots=True)
class Totals:
    """Sums since an op began: requests, batches, and the seconds of each step.

    In line (`in_s`) each request waits for itself. `prepare_s`, `process_s` and `finish_s` are of batches, as are
    `out_s`, until the answers are handed on, and `busy_s`, which a worker was taken up in all.
    """

    answered: int = 0
    failed: int = 0
    batches: int = 0
    in_s: float = 0.0
    prepare_s: float = 0.0
    process_s: float = 0.0
    finish_s: float = 0.0
    out_s: float = 0.0
    busy_s: float = 0.0

    def since(self, before: "Totals") -> "Totals":
        """Return what was added after `before`."""
        return Totals(*(getattr(self, field.name) - getattr(before, field.name) for field in fields(self)))

    def copy(self) -> "Totals":
        """Return the sums as they stand."""
        return replace(self)

    def steps_s(self) -> dict[str, float]:
        """Return the seconds of each step under the names of Paddle Serving's tracer."""
        steps = (self.in_s, self.prepare_s, self.process_s, self.finish_s, self.out_s)
        return dict(zip(("in", "prep", "midp", "postp", "out"), steps, strict=True))

    def means_ms(self) -> dict[str, float]:
        """Return the milliseconds of each step: in line of a request, else of a batch."""
        requests = self.answered + self.failed
        steps = self.steps_s().items()
        return {step: 1e3 * total / max(requests if step == "in" else self.batches, 1) for step, total in steps}

    def idle(self, workers: int, seconds: float) -> float:
        """Return the share of the time, from 0 to 1, in which the workers had nothing to do."""
        return min(max(1 - self.busy_s / max(workers * seconds, 1e-9), 0.0), 1.0)


class OpMeasure:
    """What one op has done; everything is counted on the event loop's thread."""

    def __init__(self, statistics: Statistics | None = None) -> None:
        self.totals = Totals()
        self.latencies = Latencies()
        self.sizes: Counter[int] = Counter()
        self._statistics = statistics or Statistics()

    def add(self, came_at: Sequence[float], failed: int, began_at: float, timing: Timing) -> None:
        """Count one batch whose answers were just handed on: when its requests came, and how many of them failed."""
        now, totals, latencies = time.monotonic(), self.totals, self.latencies
        for came in came_at:
            totals.in_s += timing.began_at - came
            latencies.add(now, now - came)
        process_s = timing.processed_at - timing.prepared_at
        totals.answered += len(came_at) - failed
        totals.failed += failed
        totals.batches += 1
        totals.prepare_s += timing.prepared_at - timing.began_at
        totals.process_s += process_s
        totals.finish_s += timing.finished_at - timing.processed_at
        totals.out_s += now - timing.finished_at
        totals.busy_s += now - began_at
        self.sizes[len(came_at)] += 1
        self._statistics.ran(process_s, len(came_at))


class PipelineMeasure:
    """What a pipeline has done; `statistics` are what servers of models count too."""

    def __init__(self) -> None:
        self.statistics = Statistics()
        self.latencies = Latencies()
        self._failures: deque[tuple[float, int]] = deque(maxlen=KEPT)

    def queried(self, data_id: int, began_at: float, *, succeeded: bool) -> None:
        """Count one request that is just over."""
        now = time.monotonic()
        self.latencies.add(now, now - began_at)
        self.statistics.queried(round((now - began_at) * 1e9), succeeded)
        if not succeeded:
            self._failures.append((now, data_id))

    def failures(self, since: float) -> list[int]:
        """Return the numbers of the requests that failed after `since`, the last `KEPT` of them."""
        return [data_id for ended_at, data_id in self._failures if ended_at > since]
