"""One server's turn: started, asked once for the right answer, then put under load at every concurrency."""

import math
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import bootstrap
from benchmarks.peer.check import check, wait_until_right
from benchmarks.peer.generator import Load, Wrk
from benchmarks.peer.model import Made
from benchmarks.peer.peer import Job, Peer
from benchmarks.peer.process import Running, free_port, started, wait_until_idle
from benchmarks.peer.question import Question, Questions, Wire
from benchmarks.peer.row import Absence, Limit, Point
from serving_kit.errors import ServingKitError

_WARMUP_CONCURRENCY = 8
_WARMUP_S = 1
_ANSWERS_PER_CONNECTION = 1.5


@dataclass(frozen=True)
class Plan:
    """How each server is measured: the least seconds a point, the cores, and the engine's own instances a second."""

    seconds: float
    server_core: int
    client_core: int
    ready_s: float = 120.0
    answer_s: float = 60.0
    most_connections: int = 1_000
    instances_per_s: float = math.inf

    def against(self, limit: Limit) -> "Plan":
        """Return the plan for a model whose engine alone was measured."""
        return replace(self, instances_per_s=limit.instances_per_s)

    def seconds_of(self, concurrency: int) -> int:
        """Return whole seconds, long enough that every connection is answered more than once."""
        enough = _ANSWERS_PER_CONNECTION * concurrency / self.instances_per_s
        return math.ceil(max(self.seconds, enough))


@dataclass(frozen=True)
class Turn:
    """One server on one model in one round; `folder` is made, for what server and generator write."""

    peer: Peer
    made: Made
    wrk: Wrk
    plan: Plan
    number: int
    folder: Path

    def measure(self) -> Iterator[Point | Absence]:
        """Yield a row a point, or a row that says why there is none."""
        try:
            if reason := self.peer.missing(self.made):
                yield self._absence(reason)
            else:
                yield from self._ask(self.peer.questions(self.made))
        except subprocess.CalledProcessError as error:
            yield self._absence(f"its environment cannot be made: uv ended with status {error.returncode}")
        except (ServingKitError, OSError) as error:
            yield self._absence(str(error))

    def _ask(self, questions: Questions) -> Iterator[Point | Absence]:
        """Start the server and put every question that it takes."""
        wires = [Wire(wire) for wire in self.made.model.wires]
        for wire in wires:
            if wire not in questions:
                yield self._absence("does not take this form", wire)
        if not any(wire in questions for wire in wires):
            return
        self.folder.mkdir(parents=True)
        job = Job(self.made, free_port(), self.folder, self.peer.python())
        command, variables = self.peer.command(job), self.peer.variables(job)
        with started(command, variables, self.plan.server_core, self.folder / "server.log") as running:
            for wire in filter(questions.get, wires):
                wait_until_right(running, questions[wire], self.made, job.port, self.plan.ready_s)
                self._load(questions[wire], job.port, _WARMUP_CONCURRENCY, _WARMUP_S)
                yield from self._points(running, job.port, wire, questions[wire])

    def _points(self, running: Running, port: int, wire: Wire, question: Question) -> Iterator[Point | Absence]:
        for concurrency in self.made.model.concurrency:
            if concurrency > self.plan.most_connections:
                return
            try:
                wait_until_idle(running)
                check(question, self.made, port, self.plan.answer_s)
                used_s, begun_s = running.cpu_s(), time.perf_counter()
                load = self._load(question, port, concurrency, self.plan.seconds_of(concurrency))
                used_s, took_s = running.cpu_s() - used_s, time.perf_counter() - begun_s
            except ServingKitError as error:
                yield self._absence(f"{error}; its log ends with: {running.last_words()}", wire, concurrency)
                return
            if not load.requests:
                yield self._absence(f"answered none of the requests ({load.failures} failures)", wire, concurrency)
                return
            shares = {"server_share": used_s / took_s, "client_share": load.cpu_s / took_s}
            yield Point(
                model=self.made.slug,
                wire=wire,
                server=self.peer.name,
                concurrency=concurrency,
                round=self.number,
                requests=load.requests,
                failures=load.failures,
                seconds=load.seconds,
                requests_per_s=load.requests / load.seconds,
                p50_ms=load.p50_ms,
                p99_ms=load.p99_ms,
                server_cpu_us=used_s / load.requests * 1e6,
                memory_bytes=running.memory_bytes(),
                **shares,
            )

    def _load(self, question: Question, port: int, concurrency: int, seconds: int) -> Load:
        core = self.plan.client_core
        return self.wrk.load(question, port, concurrency, seconds=seconds, core=core, folder=self.folder)

    def _absence(self, reason: str, wire: Wire | None = None, concurrency: int | None = None) -> Absence:
        for folder in (self.folder, self.folder.parents[1], bootstrap.ROOT):  # nobody else has them
            reason = reason.replace(f"{folder}/", "")
        names = {"model": self.made.slug, "server": self.peer.name}
        return Absence(reason=reason, wire=wire, concurrency=concurrency, **names)
