"""`python -m serving_kit.serve` as people type it."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.integration

MODULE = [sys.executable, "-m", "serving_kit.serve"]
BODY = b'{"feed": [{"x": [1, 2, 3]}], "fetch": ["total"]}'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def served(adder: Path, home: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server started from `home`, and its port."""
    port_file = home / "port"
    words = [*MODULE, "--model", str(adder), "--port", "0", "--port_file", str(port_file)]
    with subprocess.Popen(words, cwd=home, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not port_file.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        yield process, int(port_file.read_text())
        process.kill()


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*MODULE, *words], cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def test_stop_ends_what_was_started_from_this_folder(
    served: tuple[subprocess.Popen[bytes], int], home: Path, tmp_path: Path
) -> None:
    process, port = served
    (entry,) = json.loads((home / "ProcessInfo.json").read_text())
    assert (entry["pid"], entry["port"]) == (process.pid, [port])
    settings = json.loads((home / f"workdir_{port}" / "settings.json").read_text())
    assert (settings["port"], settings["models"][0]["name"]) == (port, "adder")
    assert run("stop", cwd=tmp_path).returncode == 2
    stopped = run("stop", "--port", str(port), cwd=home)
    assert (stopped.returncode, stopped.stdout) == (0, f"ended {process.pid}\n")
    assert process.wait(10) == 0
    assert not (home / "ProcessInfo.json").exists()


def test_a_request_under_way_is_answered_before_the_end(served: tuple[subprocess.Popen[bytes], int]) -> None:
    process, port = served
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"POST /adder/prediction HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(BODY))
        wait_until_read(port)
        process.send_signal(signal.SIGTERM)
        wait_until_refused(port)
        connection.sendall(BODY)
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b'{"result":{"total":[[7.0]]}}')
    assert process.wait(20) == 0
    assert process.stderr
    assert b"Traceback" not in process.stderr.read()


def wait_until_read(port: int) -> None:
    """Return once the server has read what was sent before: it answers connections in the order they came."""
    httpx.get(f"http://127.0.0.1:{port}/health")


def wait_until_refused(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.05)
    raise AssertionError("the server went on accepting connections")


def test_check_tries_a_model(adder: Path, home: Path) -> None:
    checked = run("check", "--model", str(adder), cwd=home)
    assert checked.returncode == 0
    assert "\nadder: loads with paddle" in checked.stdout
