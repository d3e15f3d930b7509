"""A pipeline's server under measurement: a script with a config.yml of its own, on one core."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import bootstrap
from benchmarks.asker import Tally
from benchmarks.load import Target
from benchmarks.peer.process import Running, free_port, started
from benchmarks.question import Question
from serving_kit.errors import Unavailable

_READY_S = 120.0
_ANSWER_S = 30.0
_POLL_S = 0.1
_OWN_VARIABLES = {"PYTHONPATH": str(bootstrap.ROOT)}


@dataclass(frozen=True)
class Served(Target):
    """A server that answers, all of whose processes count."""

    running: Running

    def used_s(self) -> float:
        """Return the seconds of processor time that all processes have used."""
        return self.running.cpu_s()


@dataclass(frozen=True)
class Service:
    """A server to start: `words` are its command, to which the path of config.yml is added.

    `config` is all of config.yml but the ports; `price` is what every answer must hold.
    """

    words: Sequence[str]
    config: Mapping[str, Any]
    price: float | None
    variables: Mapping[str, str]
    has_one_port: bool

    @classmethod
    def own(cls, words: Sequence[str], config: Mapping[str, Any], price: float | None = None) -> "Service":
        """Return a server of this project, with gRPC and HTTP on one port; `words` follow the interpreter."""
        return cls([str(bootstrap.PYTHON), *words], config, price, _OWN_VARIABLES, has_one_port=True)

    @contextmanager
    def served(self, question: Question, folder: Path, core: int) -> Iterator[Served]:
        """Start it, wait until it answers a question, and end it afterwards; Unavailable with its last words."""
        folder.mkdir(parents=True)
        port = free_port()
        config = folder / "config.yml"
        ports = {"rpc_port": port, "http_port": port if self.has_one_port else free_port()}
        config.write_text(yaml.safe_dump({**self.config, **ports}), "utf-8")
        with started([*self.words, str(config)], self.variables, core, folder / "server.log") as running:
            served = Served(port, running.process.pid, self.price, running)
            _wait_until_right(served, question)
            yield served


def _wait_until_right(served: Served, question: Question) -> None:
    end = time.monotonic() + _READY_S
    while (reason := asyncio.run(_asked_once(served, question))) is not None:
        running = served.running
        if not running.is_alive:
            raise Unavailable(f"ended with status {running.process.returncode}: {running.last_words()}")
        if time.monotonic() > end:
            raise Unavailable(f"not ready within {_READY_S:g} s: {reason}; its log ends with: {running.last_words()}")
        time.sleep(_POLL_S)


async def _asked_once(served: Served, question: Question) -> str | None:
    """Return why there is no right answer, None where there is one."""
    tally = Tally()
    asker = question.asker(question.request, question.price, served.price, tally)
    try:
        await asyncio.get_running_loop().create_connection(lambda: asker, "127.0.0.1", served.port)
    except OSError as error:
        return str(error)
    end = time.monotonic() + _ANSWER_S
    while not tally.latencies_s and not tally.failures and time.monotonic() < end:
        await asyncio.sleep(_POLL_S / 10)
    tally.is_over = True
    asker.close()
    return [*tally.failures, "no answer came"][0] if tally.failures or not tally.latencies_s else None
