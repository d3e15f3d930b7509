"""One engine run for one or several requests, on whatever thread it is executed."""

import logging
import time
from collections.abc import Mapping, Sequence

from serving_kit.batching.executor import Outputs
from serving_kit.batching.job import Job
from serving_kit.batching.merge import comes_apart, merge, split
from serving_kit.batching.padding import Padding
from serving_kit.errors import Internal, ServingKitError
from serving_kit.runtime.engine import Engine
from serving_kit.types import Tensor

log = logging.getLogger(__name__)

_CROWD = 8  # as many processes may share a core before a run is taken for one that computes elsewhere


class Run:
    """Jobs that share an engine run, and afterwards what came of it: a result or an error for each of them.

    `engine_s` holds the duration of each engine run with the number of requests it answered: a merged run that fails
    is repeated request by request, so that each gets its own answer. `came_apart` is False where the answers had not
    one entry an instance. `cpu_s` is the thread's CPU time, None where it was not watched.
    """

    __slots__ = (
        "_padding",
        "came_apart",
        "cpu_s",
        "duration_s",
        "engine_s",
        "instances",
        "jobs",
        "may_merge",
        "results",
        "size",
    )

    def __init__(self, jobs: Sequence[Job], *, may_merge: bool, padding: Padding | None = None) -> None:
        self.jobs = jobs
        self._padding = padding
        self.may_merge = may_merge
        self.size = len(jobs)
        self.instances = jobs[0].instances if len(jobs) == 1 else sum([job.instances for job in jobs])
        self.results: list[Outputs | BaseException] = []
        self.engine_s: list[tuple[float, int]] = []
        self.duration_s = 0.0
        self.cpu_s: float | None = None
        self.came_apart = True

    @property
    def succeeded(self) -> bool:
        """Tell whether one engine run answered every job, so that its duration says something."""
        is_whole = len(self.engine_s) == 1 and len(self.results) == self.size
        return is_whole and not any(isinstance(result, BaseException) for result in self.results)

    @property
    def busy_s(self) -> float:
        """How long the run kept this machine busy: its CPU time, which other processes do not lengthen.

        An engine that computes elsewhere (in threads of its own, on a device) leaves this thread idle for nearly all of
        the time: then it is the time that passed, as it is where nobody watched.
        """
        return self.cpu_s if self.cpu_s and self.cpu_s > self.duration_s / _CROWD else self.duration_s

    def execute(self, engine: Engine, *, watches_cpu: bool = True) -> None:
        """Run what is still wanted; raises nothing."""
        started, cpu_s = time.perf_counter(), time.thread_time() if watches_cpu else None
        # A request may have been given up between its turn and its run; its batch mates do not wait for it.
        self.jobs = [job for job in self.jobs if not job.done()]
        if len(self.jobs) < 2 or not self._execute_merged(engine):
            self.results = [self._execute_alone(engine, job) for job in self.jobs]
        self.duration_s = time.perf_counter() - started
        self.cpu_s = None if cpu_s is None else time.thread_time() - cpu_s

    def fail(self, error: BaseException) -> None:
        """Give every job the same error."""
        self.results = [error] * len(self.jobs)

    def _execute_merged(self, engine: Engine) -> bool:
        try:
            requests = [job.feeds for job in self.jobs]
            feeds = self._padding.merge(requests) if self._padding else merge(requests)
            parts = split(self._timed(engine, feeds, len(self.jobs)), [job.instances for job in self.jobs])
            if parts and self._padding:
                parts = [self._padding.trim(part, own) for part, own in zip(parts, requests, strict=True)]
        except Exception:  # noqa: BLE001 - an engine may answer with anything: each request shall hear its own error
            return False
        self.came_apart = parts is not None
        self.results = list(parts or [])
        return self.came_apart

    def _execute_alone(self, engine: Engine, job: Job) -> Outputs | BaseException:
        if job.done():
            return Internal("nobody waits for this answer any more")
        try:
            outputs = self._timed(engine, job.feeds, 1)
            if self.may_merge and job.instances and not comes_apart(outputs, job.instances):
                self.came_apart = False  # learnt from a request that ran alone
        except ServingKitError as error:
            return error
        except Exception as error:  # noqa: BLE001 - as above
            return Internal(f"the engine's answer makes no sense: {first_line(error)}")
        return outputs

    def _timed(self, engine: Engine, feeds: Mapping[str, Tensor], requests: int) -> Outputs:
        started = time.perf_counter()
        try:
            return engine.run(feeds)
        except ServingKitError:
            raise
        except BaseException as error:  # an engine that asks to end the process does not end the server
            log.exception("the engine failed")
            raise Internal(f"the engine failed on this input: {first_line(error)}") from error
        finally:
            self.engine_s.append((time.perf_counter() - started, requests))


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or its type where it has none."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
