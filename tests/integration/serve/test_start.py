"""A real server, as `process.start` starts it for notebooks."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from serving_kit.errors import BadInput
from serving_kit.process import Server, start

pytestmark = pytest.mark.integration

ONE_TWO_THREE = {"feed": [{"x": [1, 2, 3]}], "fetch": ["total"]}


def ask(url: str, name: str = "adder") -> object:
    return httpx.post(f"{url}/{name}/prediction", json=ONE_TWO_THREE, timeout=20).json()


@pytest.fixture(scope="module")
def server(adder: Path) -> Iterator[Server]:
    flags = ["--name", "adder", "twin", "--runtime_thread_num", "0", "2", "--request_cache_size", "10000"]
    flags += ["--log_level", "debug", "--max_body_size", "1000", "--enable_prometheus", "--prometheus_port", "0"]
    with start([adder, adder / "serving_server"], flags=flags) as server:
        yield server


@pytest.mark.parametrize("name", ["adder", "twin"])
def test_every_model_answers_under_its_name(server: Server, name: str) -> None:
    assert ask(server.url, name) == {"result": {"total": [[7.0]]}}


def test_flags_reach_the_server(server: Server) -> None:
    assert httpx.post(f"{server.url}/adder/prediction", content=b" " * 1001).status_code == 413
    ask(server.url)
    counters = httpx.get(f"{server.url}/metrics").text
    runs = 'pd_inference_count_total{model="adder",version="0"} 1.0'
    assert runs in counters, "a repeated request is answered from the cache"
    assert 'serving_kit_cache_misses_total{model="adder",version="0"} 1.0' in counters


def test_a_request_is_one_line_of_the_log(server: Server) -> None:
    ask(server.url)
    assert " DEBUG serving_kit.service.call: adder answered in " in server.log_tail(1)


def test_the_server_says_what_it_is(server: Server) -> None:
    assert repr(server) == f"<Server adder, serving_server at {server.url}, pid {server.pid}, running>"
    assert server.url == f"http://127.0.0.1:{server.port}"


def test_nothing_is_left_behind(adder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with start(adder, name="once") as server:
        assert ask(server.url, "once") == {"result": {"total": [[7.0]]}}
    server.stop()
    assert not psutil.pid_exists(server.pid)
    assert repr(server).endswith("stopped>")
    assert not server.log_path.parent.exists()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)


@pytest.mark.parametrize(
    ("flags", "says"),
    [(["--gpu_ids", "-2"], "--gpu_ids -2 mixes"), (["--thred", "4"], "unknown flag --thred; did you mean --thread?")],
)
def test_a_refusal_is_the_servers_own_sentence(adder: Path, flags: list[str], says: str) -> None:
    with pytest.raises(BadInput) as caught:
        start(adder, flags=flags)
    assert str(caught.value).startswith(says)
    assert "\n" not in str(caught.value)


def test_a_port_in_use_is_named(adder: Path, server: Server) -> None:
    with pytest.raises(BadInput, match=rf"127.0.0.1 port {server.port}: Address already in use; choose"):
        start(adder, port=server.port)


OWNER = """
import os, signal, sys
from serving_kit.process import start
server = start(sys.argv[1])
print(server.pid, flush=True)
{end}
"""


@pytest.mark.parametrize(
    "end",
    ["os.kill(os.getpid(), signal.SIGKILL)", "raise ValueError('a cell failed')", "del server; input()"],
)
def test_a_server_ends_with_whoever_started_it(adder: Path, end: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER.format(end=end), str(adder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    ) as owner:
        assert owner.stdout
        pid = int(owner.stdout.readline())
        deadline = time.monotonic() + 30
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline, "the server outlived its owner"
            time.sleep(0.05)
