import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from serving_kit.process import Server, start
from serving_kit.settings import settings
from tests.integration.peers import models
from tests.peers.environment import PEERS, environment
from tests.peers.native import Peer

SCRIPTS = Path(__file__).parents[2] / "peers" / "scripts"
LIMIT_S = 120

Answers = dict[str, Any]


@pytest.fixture(scope="session", autouse=True)
def cache_dir() -> Iterator[None]:
    """Keep verdicts on these models from one session to the next: the models never change."""
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("SERVING_KIT_CACHE_DIR", str(PEERS / "cache"))
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture(scope="session")
def model_dirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("peers")
    kinds = (models.adder, models.mirror, models.plain_mirror, models.text, models.words)
    return {write.__name__: write(folder / write.__name__) for write in kinds}


@pytest.fixture(scope="session")
def server(model_dirs: dict[str, Path]) -> Iterator[Server]:
    """Several models on one port."""
    with start(
        [model_dirs[name] for name in ("adder", "mirror", "text", "words")], flags=["--model_control"]
    ) as server:
        yield server


@pytest.fixture(scope="session")
def single(model_dirs: dict[str, Path]) -> Iterator[dict[str, Server]]:
    """A server for each model: Paddle Serving's own service runs all that a server has, one after the other."""
    with ExitStack() as stack:
        names = ("adder", "plain_mirror", "text", "words")
        yield {name: stack.enter_context(start(model_dirs[name])) for name in names}


@pytest.fixture(scope="session")
def address(server: Server) -> str:
    return f"127.0.0.1:{server.port}"


@pytest.fixture(scope="session")
def triton() -> Peer:
    return Peer(environment("triton") / "bin" / "python")


@pytest.fixture(scope="session")
def kserve() -> Peer:
    return Peer(environment("kserve") / "bin" / "python")


def variables_of(peer: Peer) -> dict[str, str]:
    """Return the environment of a peer's process."""
    libraries = {"LD_LIBRARY_PATH": os.pathsep.join(map(str, peer.libraries))} if peer.libraries else {}
    return {**os.environ, **libraries}


def run(peer: Peer, *words: object) -> subprocess.CompletedProcess[str]:
    """Run a peer with its libraries; its output and its status are the answer, whatever they are."""
    return subprocess.run(
        [str(peer.python), *map(str, words)],
        env=variables_of(peer),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def ask(peer: Peer, script: str, *words: object) -> Answers:
    """Run a script of cases, and return what each gave."""
    done = run(peer, "-W", "ignore", SCRIPTS / script, *words)
    assert done.returncode == 0, done.stderr
    answers: Answers = json.loads(done.stdout)
    return answers


@pytest.fixture(scope="session")
def asked(address: str) -> Callable[[Peer, str], Answers]:
    """Ask the server of all models with a script, once a session."""
    kept: dict[str, Answers] = {}

    def once(peer: Peer, script: str) -> Answers:
        if script not in kept:
            kept[script] = ask(peer, script, address)
        return kept[script]

    return once
