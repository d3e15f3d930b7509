"""What each of an op's clients has done."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from serving_kit.pipeline.measure import Latencies


class Client(Protocol):
    """What an op's `process` asks."""

    def predict(
        self, feed: Mapping[str, Any], fetch: Sequence[str] | None = None, batch: bool = True, log_id: int = 0
    ) -> Mapping[str, Any]:
        """Return outputs by alias; raises whatever went wrong."""
        ...


class VariantMeasure:
    """Calls of one client, each of which may be for several requests that share a batch.

    `instances` are the rows asked for, `failed` the calls that raised, `dropped` those that a shadow had no room for.
    `latencies` are of all calls that were made.
    """

    def __init__(self) -> None:
        self.calls = self.instances = self.failed = self.dropped = 0
        self.latencies = Latencies()
        self._lock = threading.Lock()

    def add(self, instances: int, took_s: float, *, failed: bool) -> None:
        """Count one call that is just over; may be called by any thread."""
        with self._lock:
            self.calls += 1
            self.instances += instances
            self.failed += failed
            self.latencies.add(time.monotonic(), took_s)

    def figures(self) -> dict[str, float]:
        """Return the counts, the milliseconds of a call on average, and their percentiles among the latest calls."""
        with self._lock:
            counts = {name: getattr(self, name) for name in ("calls", "instances", "failed", "dropped")}
            mean_ms = 1e3 * self.latencies.sum_s / max(self.calls, 1)
            recent_ms = 1e3 * self.latencies.recent()
        latencies = [mean_ms, *(np.percentile(recent_ms, (50, 95, 99)).tolist() if len(recent_ms) else (0.0, 0.0, 0.0))]
        names = ("mean_ms", "p50_ms", "p95_ms", "p99_ms")
        return counts | {name: round(value, 3) for name, value in zip(names, latencies, strict=True)}


class Measured:
    """A client whose calls are counted."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.measure = VariantMeasure()

    def predict(
        self, feed: Mapping[str, Any], fetch: Sequence[str] | None = None, batch: bool = True, log_id: int = 0
    ) -> Mapping[str, Any]:
        """Ask the client."""
        began_at, failed = time.monotonic(), True
        try:
            answer = self.client.predict(feed, fetch, batch=batch, log_id=log_id)
            failed = False
            return answer
        finally:
            self.measure.add(_instances(feed, batch), time.monotonic() - began_at, failed=failed)


def _instances(feed: Mapping[str, Any], batch: bool) -> int:
    first = next(iter(feed.values()), ())
    return len(first) if batch and hasattr(first, "__len__") and np.ndim(first) else 1
