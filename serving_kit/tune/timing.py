"""Time clones of an engine that run at the same time."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from pydantic import BaseModel

from serving_kit.runtime.engine import Engine
from serving_kit.types import Tensor

_LEAST_RUNS = 3
_WARM_RUNS = 2


class Timing(BaseModel):
    """The median duration of a run in milliseconds, and runs a second over all instances."""

    run_ms: float
    runs_per_s: float


def measure(engines: Sequence[Engine], feeds: Mapping[str, Tensor], duration_s: float) -> Timing:
    """Run `feeds` on every engine, each in a thread of its own, for a time but at least three times each."""

    def run(engine: Engine) -> list[float]:
        for _ in range(_WARM_RUNS):
            engine.run(feeds)
        durations_s: list[float] = []
        end = time.perf_counter() + duration_s
        while len(durations_s) < _LEAST_RUNS or time.perf_counter() < end:
            started = time.perf_counter()
            engine.run(feeds)
            durations_s.append(time.perf_counter() - started)
        return durations_s

    with ThreadPoolExecutor(len(engines)) as pool:
        runs = list(pool.map(run, engines))
    every = [duration_s for durations_s in runs for duration_s in durations_s]
    rates = [len(durations_s) / sum(durations_s) for durations_s in runs]
    return Timing(run_ms=float(np.median(every)) * 1e3, runs_per_s=sum(rates))


def batch_of(feeds: Mapping[str, Tensor], size: int) -> dict[str, Tensor]:
    """Return so many copies of a request merged into one run."""
    return {name: Tensor(np.concatenate([tensor.array] * size)) for name, tensor in feeds.items()}
