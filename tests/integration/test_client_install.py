"""`pip install serving-kit[client]` on its own, in an environment without Paddle."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import bootstrap
from tests.unit.served import LinearEngine, serve
from tests.unit.transports.wire import running

pytestmark = pytest.mark.integration

HEAVY = ("paddle", "fastapi", "uvicorn", "cv2", "pydantic", "prometheus_client")
ASK = f"""
import importlib.util, sys
import numpy as np
import serving_kit as sk
from serving_kit.clients import Client, HttpClient
assert not [name for name in {HEAVY!r} if importlib.util.find_spec(name)]
port = sys.argv[1]
for scheme in ("http", "grpc", "brpc"):
    with sk.connect(f"{{scheme}}://127.0.0.1:{{port}}") as client:
        print(scheme, client.predict({{"x": np.ones((1, 13), np.float32)}})["price"].tolist())
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a new environment that holds the client only, at the locked versions."""
    folder = tmp_path_factory.mktemp("client")
    uv = [str(bootstrap.PYTHON), "-m", "uv", "--quiet"]
    environment = {**bootstrap.registries(), **os.environ}
    interpreter = folder / "bin" / "python"
    source = f"serving-kit[client] @ {bootstrap.ROOT.as_uri()}"
    subprocess.run([*uv, "venv", "--clear", "--python", sys.executable, str(folder)], check=True, env=environment)
    install = ["pip", "install", "--python", str(interpreter), "--constraint", "requirements.lock", source]
    subprocess.run([*uv, *install], check=True, env=environment, cwd=bootstrap.ROOT)
    return interpreter


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running(serve(LinearEngine())) as server:
        yield server.port


def run(python: Path, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(python), "-W", "error", *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def test_it_asks_over_every_protocol_and_brings_no_paddle(python: Path, port: int, tmp_path: Path) -> None:
    asked = run(python, "-c", ASK, str(port), folder=tmp_path)
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.splitlines() == [f"{scheme} [[13.0]]" for scheme in ("http", "grpc", "brpc")]


def test_what_it_lacks_is_one_sentence(python: Path, tmp_path: Path) -> None:
    asked = run(python, "-m", "serving_kit.serve", "--model", "m", folder=tmp_path)
    assert asked.returncode == 2
    (line,) = asked.stderr.splitlines()
    assert line.startswith("error: this command needs the package ")
    assert line.endswith("; pip install serving-kit[server] brings it")
