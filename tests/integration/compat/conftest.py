import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest

from serving_kit.convert import inference_model_to_serving
from serving_kit.process import Server, start
from serving_kit.runtime.framework import paddle

SCRIPTS = Path(__file__).parent / "scripts"
Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]
Serving: TypeAlias = Callable[..., AbstractContextManager[subprocess.Popen[str]]]


@pytest.fixture(scope="session", autouse=True)
def cache_dir(session_cache: None) -> None:
    """Serve with a cache of this session."""


def saved(folder: Path, layer: Any, shape: list[int | None], feed: str, fetch: str) -> Path:
    """Save a layer and convert it, and return the folder with the pair."""
    spec = paddle().static.InputSpec(shape, "float32", name="input")
    paddle().jit.save(layer, str(folder / "saved" / "inference"), [spec])
    server, client = str(folder / f"{folder.name}_model"), str(folder / f"{folder.name}_client")
    inference_model_to_serving(str(folder / "saved"), server, client, feed_alias_names=feed, fetch_alias_names=fetch)
    return folder


@pytest.fixture(scope="session")
def uci(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`uci_model` and `uci_client`: `price` is the sum of the thirteen numbers of `x`."""
    nn, ones = paddle().nn, paddle().ParamAttr(initializer=paddle().nn.initializer.Constant(1.0))
    layer = nn.Linear(13, 1, weight_attr=ones, bias_attr=False)
    return saved(tmp_path_factory.mktemp("models") / "uci", layer, [None, 13], "x", "price")


@pytest.fixture(scope="session")
def brightness(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`brightness_model`: a map [N, 1, H, W] of the mean of the three channels of `x`."""
    nn, third = paddle().nn, paddle().ParamAttr(initializer=paddle().nn.initializer.Constant(1 / 3))
    layer = nn.Conv2D(3, 1, 1, weight_attr=third, bias_attr=False)
    folder = tmp_path_factory.mktemp("models") / "brightness"
    return saved(folder, layer, [None, 3, None, None], "x", "save_infer_model/scale_0.tmp_1")


@pytest.fixture(scope="session")
def server(uci: Path) -> Iterator[Server]:
    with start(uci / "uci_model") as server:
        yield server


@pytest.fixture
def run() -> Run:
    """Run an old script, or with -m an old module, in a process of its own."""

    def run(*words: object, **options: Any) -> subprocess.CompletedProcess[str]:
        name, *rest = (str(word) for word in words)
        program = [name] if name == "-m" else [str(SCRIPTS / name)]
        command = [sys.executable, "-W", "error", "-m", "serving_kit.compat", *program, *rest]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)

    return run


@pytest.fixture
def serving(tmp_path: Path) -> Serving:
    """Run an old server script until the block ends; the last word is its port."""

    @contextmanager
    def serving(*words: object) -> Iterator[subprocess.Popen[str]]:
        name, *rest = (str(word) for word in words)
        program = [name] if name == "-m" else [str(SCRIPTS / name)]
        command = [sys.executable, "-m", "serving_kit.compat", *program, *rest]
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
            try:
                wait_until_ready(process, int(rest[-1]))
                yield process
            finally:
                process.kill()

    return serving


def wait_until_ready(process: subprocess.Popen[str], port: int, timeout_s: float = 180) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/ready", timeout=5).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    process.kill()
    raise AssertionError(f"the server was not ready: {process.communicate()[1]}")


@pytest.fixture
def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
