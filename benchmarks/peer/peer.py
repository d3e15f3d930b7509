"""What the harness must know of a server: how it is started, how it is asked, and how it is set."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import bootstrap
from benchmarks.peer.environment import environment
from benchmarks.peer.model import Made
from benchmarks.peer.question import Questions

LOCKS = Path(__file__).parent / "locks"
SERVICES = Path(__file__).parent / "services"


@dataclass(frozen=True)
class Job:
    """What a server is started for: a model, a free port of 127.0.0.1, and a folder for whatever it must write.

    `python` is the interpreter of the server's own environment, or this project's.
    """

    made: Made
    port: int
    folder: Path
    python: Path


@dataclass(frozen=True)
class Peer:
    """One server in one setting.

    `command` returns the words that start it on a job, `variables` what its environment needs beside; `questions`
    returns a request for every wire form that it takes. `settings` tells in plain words how it is set. `lock` names a
    file of `locks/`, None where this project's environment serves; `packages` are those whose versions count. `missing`
    returns why a model is not served: something that this machine lacks, or another row that would say the same.
    """

    name: str
    title: str
    settings: str
    command: Callable[[Job], Sequence[str]]
    questions: Callable[[Made], Questions]
    lock: str | None = None
    packages: tuple[str, ...] = ()
    variables: Callable[[Job], Mapping[str, str]] = lambda _: {}
    missing: Callable[[Made], str | None] = lambda _: None

    def python(self) -> Path:
        """Return the interpreter to start it with, its environment made at the first call."""
        return environment(LOCKS / f"{self.lock}.lock") / "bin" / "python" if self.lock else bootstrap.PYTHON

    def versions(self) -> dict[str, str]:
        """Return the pinned versions of `packages`; empty for this project's own environment."""
        if not self.lock:
            return {}
        pins = dict(re.findall(r"^([\w.-]+)==(\S+)$", (LOCKS / f"{self.lock}.lock").read_text("utf-8"), re.MULTILINE))
        return {name: pins[name] for name in self.packages}


def service(name: str, job: Job, *words: str) -> list[str]:
    """Return the command of a script of `services/`: port, ONNX file and slug come first, then further words."""
    return [str(job.python), str(SERVICES / name), str(job.port), str(job.made.onnx), job.made.slug, *words]


def same_if_unbatched(row: str) -> Callable[[Made], str | None]:
    """Return a `missing` for rows that differ from another one by their batches only."""
    return lambda made: None if made.model.batch > 1 else f"the same as {row}: this model gains nothing by batches"
