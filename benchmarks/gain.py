"""Whether batching pays at all: the same requests computed one by one, and in padded runs, without any server."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.mixture import Mixture
from serving_kit.batching.padding import PaddedBatch, Padding
from serving_kit.runtime.load import LoadedModel, load
from serving_kit.runtime.options import EngineName, EngineOptions
from serving_kit.serve.padding import padding_of
from serving_kit.types import Array, Tensor

Feeds = Mapping[str, Tensor]
NO_PADDING = Padding(most_waste=1.0)
"""Merges requests of one shape only."""


@dataclass(frozen=True)
class Gain:
    """Requests a second of the engine alone, and how many times that in merged runs, with padding and without."""

    instances_per_s: float
    merged: float
    padded: float
    runs: int
    padded_runs: int

    @property
    def pays(self) -> bool:
        """Whether padded runs are faster by more than what two measurements of one thing differ by."""
        return self.padded > _NOISE


_NOISE = 1.05


def measure(mixture: Mixture, most: int, rounds: int, engine: EngineName = "paddle") -> tuple[Gain, list[Array]]:
    """Return the gain of runs of at most `most` requests, medians of interleaved rounds, and each request's answer."""
    loaded = load(mixture.directory, EngineOptions(engine=engine))
    requests = [_named(loaded, array) for array in mixture.requests]
    answers = [next(iter(loaded.engine.run(feeds).values())).array for feeds in requests]
    padding = padding_of(loaded, mixture.slug, mixture.padding) or NO_PADDING
    merged = [NO_PADDING.merge(run) for run in runs(requests, NO_PADDING, most)]
    padded = [padding.merge(run) for run in runs(requests, padding, most)]
    took = _interleaved([_loop(loaded, requests), _loop(loaded, merged), _loop(loaded, padded)], rounds)
    alone_s, merged_s, padded_s = took
    return Gain(len(requests) / alone_s, alone_s / merged_s, alone_s / padded_s, len(merged), len(padded)), answers


def runs(requests: Sequence[Feeds], padding: Padding, most: int) -> list[list[Feeds]]:
    """Return the runs that the scheduler would make of waiting requests: each takes in whatever fits its first one."""
    waiting, made = list(requests), []
    while waiting:
        batch = PaddedBatch.of(padding, waiting[0])
        taken, left = [waiting[0]], []
        for feeds in waiting[1:]:
            if len(taken) < most and batch.admits(feeds):
                taken.append(feeds)
            else:
                left.append(feeds)
        made.append(taken)
        waiting = left
    return made


def _named(loaded: LoadedModel, array: Array) -> Feeds:
    return {loaded.engine.inputs[0].name: Tensor(array)}


def _loop(loaded: LoadedModel, feeds: Sequence[Feeds]) -> Callable[[], None]:
    def run() -> None:
        for one in feeds:
            loaded.engine.run(one)

    return run


def _interleaved(loops: Sequence[Callable[[], None]], rounds: int) -> list[float]:
    """Return the median seconds of each loop, run in turn; the first round warms up and does not count."""
    took: list[list[float]] = [[] for _ in loops]
    for _ in range(rounds + 1):
        for seconds, loop in zip(took, loops, strict=True):
            begun_s = time.perf_counter()
            loop()
            seconds.append(time.perf_counter() - begun_s)
    return [statistics.median(seconds[1:]) for seconds in took]
