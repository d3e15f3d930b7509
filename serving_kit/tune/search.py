"""Find the fastest way to run a model on this machine within a budget of time.

Every engine that agrees with the model's golden example is timed alone first, whatever its check and its loading took,
then those not far behind with the cores
shared out in different ways, then the best of these with larger batches; the time that is left decides between the
winner and Paddle, in turns, because a machine is not equally fast all the time.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from serving_kit.errors import Internal, ServingKitError
from serving_kit.runtime import backend, golden, probe
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineName, EngineOptions, Precision, check_supported
from serving_kit.runtime.verdict import decide
from serving_kit.settings import settings
from serving_kit.tune.child import Job
from serving_kit.tune.process import EngineProcess
from serving_kit.tune.result import Candidate, Measurement, Refusal

ENGINES: tuple[EngineName, ...] = ("paddle", "openvino", "onnxruntime")
BATCHES = (2, 4, 8, 16, 32)

_FOR_CHECKS = 0.8  # of the budget: no further engine is checked after that
_RUNNING_UP = 1.5  # times slower than the best alone, an engine is not tried in other layouts
_WORTH_ON = 1.03  # requests a second over the batch before; below, larger ones are not tried
_LEAST_S, _MOST_S = 0.1, 2.0  # of a measurement
_LATE_S = 30.0  # beyond its planned time, for loading
_ROUNDS = 3
_FEW = 4  # layouts that are measured in any case; a machine of many cores has many

Key = tuple[EngineName, Precision]


@dataclass
class Search:
    """One search over one model; `measurements`, `refusals` and `agreement` fill up as it goes."""

    model: ModelDir
    cores: int
    budget_s: float
    engines: Sequence[EngineName] = ENGINES
    precisions: Sequence[Precision] = ("fp32",)
    threads: int | None = None
    measurements: dict[Candidate, Measurement] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    agreement: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._started = time.monotonic()
        self._processes: dict[Key, EngineProcess] = {}

    @property
    def spent_s(self) -> float:
        """Seconds since the search began."""
        return time.monotonic() - self._started

    def run(self) -> None:
        """Measure until everything is or the budget is spent; Unsupported engines end among the refusals."""
        with ExitStack() as stack:
            counts = self._thread_counts()
            for key, options in self._admitted():
                feeds = self._feeds()
                process = self._processes[key] = stack.enter_context(EngineProcess(self.model, options, feeds))
                process.send(self._job(self._candidate(key, counts[0]), 0))  # it loads while the next is checked
            self._wait_until_loaded(counts[0])
            first, *others = [[self._candidate(key, count) for key in self._processes] for count in counts]
            self._measure(first, share=0.2, at_least_once=True)
            self._measure([each for candidates in others for each in candidates], share=0.2)
            layouts = [
                self._candidate(key, count, self.cores // count) for key in self._running_up() for count in counts
            ]
            layouts = [each for each in layouts if each.instances > 1]
            self._measure(layouts, share=0.4, at_least_once=len(layouts) <= _FEW)
            for key in self._running_up():
                self._try_batches(key)
            self._confirm()

    def _admitted(self) -> Iterator[tuple[Key, EngineOptions]]:
        """Yield the engines that agree with the golden example; Paddle, the first, is checked whatever that takes."""
        wanted = [(engine, precision) for engine in self.engines for precision in self.precisions]
        for engine, precision in wanted:
            if self._processes and self.spent_s > _FOR_CHECKS * self.budget_s:
                why = f"not tried: most of the {self.budget_s:g} s were spent"
                self.refusals.append(Refusal(engine=engine, precision=precision, reason=why, for_good=False))
                continue
            options = EngineOptions(engine=engine, precision=precision)
            try:
                check_supported(options)
                backend.check(self.model.program, options, (*self.model.inputs, *self.model.outputs))
                verdict = decide(self.model, options, settings().trial_timeout_s)
            except ServingKitError as error:
                self.refusals.append(Refusal(engine=engine, precision=precision, reason=str(error)))
                continue
            self.agreement[Candidate(engine=engine, precision=precision).title.partition(",")[0]] = verdict.reason
            yield (engine, precision), replace(options, onednn=verdict.onednn)

    def _feeds(self) -> list[golden.Tensors]:
        example = golden.read(self.model.server_dir)
        return [example[0]] if example else list(probe.candidates(self.model.inputs))

    def _thread_counts(self) -> list[int]:
        if self.threads:
            return [self.threads]
        counts = {1, self.cores} | {2**power for power in range(1, 7) if 2**power < self.cores}
        return sorted(count for count in counts if self.cores % count == 0)

    def _candidate(self, key: Key, threads: int, instances: int = 1, batch: int = 1) -> Candidate:
        return Candidate(engine=key[0], precision=key[1], threads=threads, instances=max(1, instances), batch=batch)

    def _wait_until_loaded(self, threads: int) -> None:
        """Wait for every engine, so that none is timed while another loads."""
        for key, process in list(self._processes.items()):
            try:
                process.receive(settings().trial_timeout_s)
            except Internal as error:
                self._drop(self._candidate(key, threads), str(error))

    def _job(self, candidate: Candidate, duration_s: float) -> Job:
        return Job(
            threads=candidate.threads, instances=candidate.instances, batch=candidate.batch, duration_s=duration_s
        )

    def _measure(self, candidates: Sequence[Candidate], share: float, *, at_least_once: bool = False) -> None:
        """Measure each candidate for its part of a share of the time that is left, or shortly where none is."""
        left_s = max(0, self.budget_s - self.spent_s)
        for candidate in candidates:
            if candidate not in self.measurements and (at_least_once or self.spent_s < self.budget_s):
                self._time(candidate, left_s * share / len(candidates))

    def _time(self, candidate: Candidate, duration_s: float) -> None:
        """Measure once, or once more: the better figures stay, for other processes disturb and none helps."""
        process = self._processes.get((candidate.engine, candidate.precision))
        if process is None:
            return
        duration_s = min(_MOST_S, max(_LEAST_S, duration_s))
        try:
            timing = process.ask(self._job(candidate, duration_s), _LATE_S + 5 * duration_s)
        except Internal as error:
            self._drop(candidate, str(error))
            return
        found = Measurement(
            candidate=candidate, run_ms=timing.run_ms, requests_per_s=timing.runs_per_s * candidate.batch
        )
        before = self.measurements.get(candidate, found)
        self.measurements[candidate] = Measurement(
            candidate=candidate,
            run_ms=min(before.run_ms, found.run_ms),
            requests_per_s=max(before.requests_per_s, found.requests_per_s),
        )

    def _drop(self, candidate: Candidate, why: str) -> None:
        """Try an engine no further; one that only refuses larger batches keeps what it reached with smaller ones."""
        if candidate.batch > 1:
            return
        del self._processes[candidate.engine, candidate.precision]
        self.refusals.append(
            Refusal(engine=candidate.engine, precision=candidate.precision, reason=f"{candidate.title}: {why}")
        )

    def _running_up(self) -> list[Key]:
        """Return the engines whose shortest run is not far behind the best, best first, and Paddle whatever it took."""
        best: dict[Key, float] = {}
        for each in self.measurements.values():
            key = (each.candidate.engine, each.candidate.precision)
            if key in self._processes:
                best[key] = min(best.get(key, each.run_ms), each.run_ms) if each.is_latency else best.get(key, 1e9)
        ranked = sorted(best, key=lambda key: best[key])
        near = [key for key in ranked if best[key] <= _RUNNING_UP * best[ranked[0]]]
        return [key for key in ranked if key in near or key[0] == "paddle"]

    def _try_batches(self, key: Key) -> None:
        if any(spec.is_lod or spec.shape[:1] != (-1,) for spec in self.model.inputs):
            return
        mine = [each for each in self.measurements.values() if self._is_of(each, key)]
        best = max(mine, key=lambda each: each.requests_per_s, default=None)
        for batch in BATCHES if best else ():
            assert best is not None  # noqa: S101 - see the line above
            candidate = best.candidate.model_copy(update={"batch": batch})
            self._measure([candidate], share=0.1)
            reached = self.measurements.get(candidate)
            if reached is None or reached.requests_per_s < _WORTH_ON * best.requests_per_s:
                return
            best = reached

    def _is_of(self, each: Measurement, key: Key) -> bool:
        return (each.candidate.engine, each.candidate.precision) == key

    def _confirm(self) -> None:
        """Measure the best of every engine that is left again, for latency and for throughput, in turns."""
        finalists: list[Candidate] = []
        for key in self._running_up():
            mine = [each for each in self.measurements.values() if self._is_of(each, key)]
            alone = [each for each in mine if each.is_latency]
            finalists += [min(alone, key=lambda each: each.run_ms).candidate] if alone else []
            finalists += [max(mine, key=lambda each: each.requests_per_s).candidate] if mine else []
        unique = list(dict.fromkeys(finalists))
        part_s = (self.budget_s - self.spent_s) / max(1, _ROUNDS * len(unique))
        for _ in range(_ROUNDS):
            for candidate in unique:
                if self.spent_s < self.budget_s:
                    self._time(candidate, part_s)
