"""An engine in a child process that is timed job by job, so that a crash or a hang ends the child only."""

import contextlib
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

from pydantic import TypeAdapter

from serving_kit.errors import Internal
from serving_kit.runtime import golden
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineOptions
from serving_kit.tune.child import Failure, Job, Setup
from serving_kit.tune.timing import Timing
from serving_kit.types import Tensor, join_lod

_DYING_S = 0.2
_ANSWER: TypeAdapter[Timing | Failure] = TypeAdapter(Timing | Failure)


class EngineProcess:
    """A child that holds one engine of one model; starts with the first job, ends with the `with` block."""

    def __init__(self, model: ModelDir, options: EngineOptions, feeds: Iterable[Mapping[str, Tensor]]) -> None:
        """Prepare the child; it tries `feeds` until the model takes one of them."""
        self._folder = tempfile.TemporaryDirectory(prefix="serving-kit-tune-")
        folder = Path(self._folder.name)
        setup = Setup(
            program=model.program.resolve(),
            params=model.params.resolve() if model.params else None,
            inputs=model.inputs,
            outputs=model.outputs,
            options=options,
        )
        (folder / "model.json").write_text(setup.model_dump_json(), encoding="utf-8")
        for number, tensors in enumerate(feeds):
            golden.save(folder / f"feeds-{number}.npz", join_lod(tensors))
        self._log = (folder / "log").open("wb")
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._child:
            self._child.kill()
        self._end()
        self._log.close()
        self._folder.cleanup()

    def ask(self, job: Job, deadline_s: float) -> Timing:
        """Return the timing of a job; Internal where the engine fails, dies or is late, after which it starts anew."""
        self.send(job)
        return self.receive(deadline_s)

    def send(self, job: Job) -> None:
        """Hand a job over, so that the child loads its engine while the caller does something else."""
        child = self._child = self._child or self._start()
        assert child.stdin  # noqa: S101 - it was asked for
        with contextlib.suppress(BrokenPipeError):  # the child is dead, which `receive` says
            child.stdin.write(job.model_dump_json().encode() + b"\n")
            child.stdin.flush()

    def receive(self, deadline_s: float) -> Timing:
        """Return the timing of the job that was sent; Internal as for `ask`."""
        assert self._child and self._child.stdout  # noqa: S101 - a job was sent to it
        pipe = self._child.stdout
        is_ready, _, _ = select.select([pipe], [], [], deadline_s)
        line = pipe.readline() if is_ready else b""
        if not line:
            ended = self._end()
            raise Internal(
                f"the process that times the model {ended if is_ready else f'gave no answer in {deadline_s:.0f} s'}"
            )
        answer = _ANSWER.validate_json(line)
        if isinstance(answer, Failure):
            raise Internal(answer.error)
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "serving_kit.tune.child", self._folder.name]
        pipe = subprocess.PIPE
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, stdin=pipe, stdout=pipe, stderr=self._log, start_new_session=True
        )

    def _end(self) -> str:
        """End the child and say how it ended, if it did so by itself."""
        child, self._child = self._child, None
        if child is None:
            return "did not start"
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=_DYING_S)  # it may have closed its pipes a moment before it ended
        child.kill()
        status = child.wait()
        for pipe in (child.stdin, child.stdout):
            with contextlib.suppress(BrokenPipeError):  # a job that it did not read any more
                if pipe:
                    pipe.close()
        return f"ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
