"""Load and run a model in a child process, so that a native crash or hang costs nothing but time.

The parent calls `attempt`; the child is this module run by `python -m` on a folder of files:
`request.json`, `feeds-<n>.npz`, and what comes back, `<stage>.json` (how far it got) and `<stage>.npz` (its answer).
"""

import contextlib
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
from pydantic import BaseModel, TypeAdapter

from serving_kit.errors import ServingKitError, Unavailable
from serving_kit.runtime import backend, golden, onnx_export
from serving_kit.runtime.engine import Engine
from serving_kit.runtime.options import EngineOptions
from serving_kit.types import Tensor, TensorSpec, join_lod, split_lod

_children: set[subprocess.Popen[bytes]] = set()
_given_up = threading.Event()


class Step(StrEnum):
    """How far a stage got."""

    NEVER = "did not start"
    EXPORT = "being written as ONNX"
    LOAD = "loading"
    RUN = "running"
    DONE = "done"


class Cause(StrEnum):
    """Why a stage did not get to its end."""

    NONE = "none"
    REFUSED = "refused"  # an exception, whose text is kept
    DIED = "died"  # a native crash
    LATE = "late"


class _Progress(BaseModel):
    step: Step
    refusal: str = ""


class _Request(BaseModel):
    program: Path
    params: Path | None
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    stages: dict[str, EngineOptions]
    deadline_s: float


@dataclass(frozen=True)
class Outcome:
    """What became of one stage: the step it reached, why it stopped there, and its answer if it got to the end."""

    step: Step
    cause: Cause = Cause.NONE
    error: str = ""
    answer: dict[str, Tensor] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the model loaded and answered."""
        return self.step is Step.DONE


def attempt(
    files: tuple[Path, Path | None],
    ports: tuple[Sequence[TensorSpec], Sequence[TensorSpec]],
    feeds: Iterable[Mapping[str, Tensor]],
    stages: Mapping[str, EngineOptions],
    *,
    deadline_s: float,
) -> dict[str, Outcome]:
    """Try a model (program and parameters, inputs and outputs) under each stage's options, all in one child process.

    The first stage settles which of `feeds` the model takes; a stage is tried only after the one before it answered.
    """
    program, params = files
    with tempfile.TemporaryDirectory(prefix="serving-kit-trial-") as name:
        folder = Path(name)
        for number, tensors in enumerate(feeds):
            golden.save(folder / f"feeds-{number}.npz", join_lod(tensors))
        request = _Request(
            program=program.resolve(),
            params=params.resolve() if params else None,
            inputs=tuple(ports[0]),
            outputs=tuple(ports[1]),
            stages=dict(stages),
            deadline_s=deadline_s,
        )
        (folder / "request.json").write_text(request.model_dump_json(), encoding="utf-8")
        cause, error = _run_child(folder, deadline_s)
        return {stage: _outcome(folder, stage, cause, error) for stage in stages}


def give_up() -> None:
    """End the trials of all threads, which raise Unavailable then, as every later one does: this process is ending."""
    _given_up.set()
    for child in tuple(_children):
        child.kill()


def _run_child(folder: Path, deadline_s: float) -> tuple[Cause, str]:
    """Run the child to its end or its deadline; return why a stage it left unfinished is so, and that in words."""
    command = [sys.executable, "-m", "serving_kit.runtime.trial", str(folder)]
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        _children.add(child)
        try:
            if _given_up.is_set():
                child.kill()
            status = child.wait(timeout=deadline_s)
        except subprocess.TimeoutExpired:
            return Cause.LATE, f"gave no answer within {deadline_s:g} s"
        finally:
            child.kill()
            child.wait()
            _children.discard(child)
    if _given_up.is_set():  # how it ended says nothing of the model
        raise Unavailable("the trial of a model was given up, because this process is ending; start it again")
    words = (folder / "log").read_text(errors="replace").strip()
    if status < 0:
        complaint = onnx_export.complaint(words)
        return Cause.DIED, f"ended by {signal.Signals(-status).name}" + (f" ({complaint})" if complaint else "")
    last_line = words.rpartition("\n")[2]
    return Cause.DIED, f"ended with status {status}: {last_line}"


def _outcome(folder: Path, stage: str, cause: Cause, error: str) -> Outcome:
    path = folder / f"{stage}.json"
    if not path.exists():
        return Outcome(Step.NEVER, cause, error)
    progress = _Progress.model_validate_json(path.read_bytes())
    if progress.step is Step.DONE:
        return Outcome(Step.DONE, answer=split_lod(golden.load(folder / f"{stage}.npz")))
    if progress.refusal:
        return Outcome(progress.step, Cause.REFUSED, progress.refusal)
    return Outcome(progress.step, cause, error)


def _child(folder: Path) -> None:
    request = TypeAdapter(_Request).validate_json((folder / "request.json").read_bytes())
    signal.alarm(int(request.deadline_s) + 1)  # ends this process even where nobody is left to kill it
    feeds = [split_lod(golden.load(path)) for path in sorted(folder.glob("feeds-*.npz"))]
    for stage, options in request.stages.items():
        feeds = _stage(folder, stage, request, options, feeds)
        if not feeds:
            return


def _stage(
    folder: Path, stage: str, request: _Request, options: EngineOptions, feeds: Sequence[dict[str, Tensor]]
) -> list[dict[str, Tensor]]:
    """Load, run and note each step before it is taken; return the feeds that the model took, none where it failed."""

    def note(step: Step, refusal: str = "") -> None:
        part = folder / f"{stage}.part"
        part.write_text(_Progress(step=step, refusal=refusal).model_dump_json(), encoding="utf-8")
        part.replace(folder / f"{stage}.json")

    step = Step.EXPORT
    note(step)
    try:
        exported = backend.export_path(request.program, request.params, options)
        if exported and request.params:
            onnx_export.export(request.program, request.params, exported)
        note(step := Step.LOAD)
        engine = backend.load(request.program, request.params, options, request.inputs, request.outputs)
    except ServingKitError as error:
        note(step, str(error))
        return []
    note(Step.RUN)
    refusal = ""
    for tensors in feeds:
        try:
            answer = _run(engine, tensors, options)
        except ServingKitError as error:
            refusal = refusal or str(error)
            continue
        golden.save(folder / f"{stage}.npz", join_lod(answer))
        note(Step.DONE)
        return [tensors]
    note(Step.RUN, refusal)
    return []


def _run(engine: Engine, tensors: Mapping[str, Tensor], options: EngineOptions) -> dict[str, Tensor]:
    """Return the answer; oneDNN's is that after a larger batch, because it keeps plans and memory of earlier calls."""
    answer = engine.run(tensors)
    if not options.onednn:
        return answer
    with contextlib.suppress(ServingKitError):  # not every model takes a larger batch
        engine.run({spec.name: _doubled(spec, tensors[spec.name]) for spec in engine.inputs})
    return engine.run(tensors)


def _doubled(spec: TensorSpec, tensor: Tensor) -> Tensor:
    if tensor.lod or not spec.shape or spec.shape[0] >= 0:
        return tensor
    return Tensor(np.concatenate([tensor.array, tensor.array]))


if __name__ == "__main__":
    _child(Path(sys.argv[1]))
