"""The process in which one engine is timed: `python -m serving_kit.tune.child FOLDER`.

FOLDER holds `model.json` (a `Setup`) and `feeds-<n>.npz`. Each line of standard input is a `Job`, answered by one line,
a `Timing` or a `Failure`, on standard output. The process ends with its standard input.
"""

import os
import sys
from pathlib import Path

from pydantic import BaseModel

from serving_kit.errors import Internal, ServingKitError
from serving_kit.runtime import backend, golden
from serving_kit.runtime.engine import Engine
from serving_kit.runtime.options import EngineOptions
from serving_kit.tune.timing import Timing, batch_of, measure
from serving_kit.types import Tensor, TensorSpec, split_lod


class Setup(BaseModel):
    """The model, and the options of its engine but for the threads."""

    program: Path
    params: Path | None
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    options: EngineOptions


class Job(BaseModel):
    """What to time, and for how long."""

    threads: int
    instances: int
    batch: int
    duration_s: float


class Failure(BaseModel):
    """Why a job has no timing."""

    error: str


class Bench:
    """Engines by their number of threads, each loaded when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._setup = Setup.model_validate_json((folder / "model.json").read_bytes())
        self._feeds = [split_lod(golden.load(path)) for path in sorted(folder.glob("feeds-*.npz"))]
        self._clones: dict[int, list[Engine]] = {}

    def do(self, job: Job) -> Timing:
        """Time a job; a ServingKitError where the engine does not load or run it."""
        clones = self._clones.setdefault(job.threads, [])
        if not clones:
            clones.append(self._load(job.threads))
        while len(clones) < job.instances:
            clones.append(clones[0].clone())
        feeds = self._accepted(clones[0])
        return measure(clones[: job.instances], batch_of(feeds, job.batch) if job.batch > 1 else feeds, job.duration_s)

    def _load(self, threads: int) -> Engine:
        setup = self._setup
        options = EngineOptions(**{**vars(setup.options), "cpu_threads": threads})
        return backend.load(setup.program, setup.params, options, setup.inputs, setup.outputs)

    def _accepted(self, engine: Engine) -> dict[str, Tensor]:
        """Return the first feeds that the model takes, and forget the others."""
        refusal: ServingKitError = Internal("there is no input to try the model on; give it a golden example")
        while len(self._feeds) > 1:
            try:
                engine.run(self._feeds[0])
                self._feeds = self._feeds[:1]
            except ServingKitError as error:
                refusal = error
                self._feeds.pop(0)
        if not self._feeds:
            raise refusal
        return self._feeds[0]


def main(folder: Path) -> None:
    """Answer jobs until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what engines print would be taken for an answer
    bench = Bench(folder)
    for line in sys.stdin:
        answer: Timing | Failure
        try:
            answer = bench.do(Job.model_validate_json(line))
        except ServingKitError as error:
            answer = Failure(error=str(error))
        answers.write(answer.model_dump_json() + "\n")
        answers.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
