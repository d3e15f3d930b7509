"""Measurements made up for tests."""

from datetime import UTC, datetime
from typing import Any

from serving_kit.tune import Candidate, Machine, Measurement, Result


def measured(run_ms: float, requests_per_s: float, **candidate: Any) -> Measurement:
    """Return a measurement of a candidate, Paddle's unless it is told."""
    return Measurement(
        candidate=Candidate(**{"engine": "paddle", **candidate}), run_ms=run_ms, requests_per_s=requests_per_s
    )


def result(*measurements: Measurement, **fields: Any) -> Result:
    """Return a result of these measurements, the first of them the winner of everything."""
    return Result(
        **{
            "model": "house",
            "files": "f" * 64,
            "machine": Machine(cpu="a processor", flags=("avx2",), cores=2),
            "versions": {"paddle": "3.2.2"},
            "at": datetime(2026, 1, 2, tzinfo=UTC),
            "budget_s": 60,
            "spent_s": 58.5,
            "measurements": measurements,
            "latency": measurements[0],
            "throughput": measurements[0],
            **fields,
        }
    )
