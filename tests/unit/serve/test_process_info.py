import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from serving_kit.errors import BadInput
from serving_kit.serve import process_info, stop


@pytest.fixture(autouse=True)
def home(own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERVING_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends at SIGINT, as a server does."""
    code = "import signal, sys; signal.signal(signal.SIGINT, lambda *_: sys.exit()); print(flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield process
        process.kill()


def note(home: Path, pid: int, port: int, *, started_before_s: float = 0) -> None:
    """Write a list of one server, as the server would."""
    started = psutil.Process(pid).create_time() - started_before_s
    entry = {"pid": pid, "port": [port], "model": ["m"], "start_time": started}
    (home / "ProcessInfo.json").write_text(json.dumps([entry]))


def test_a_server_is_listed_with_paddle_servings_keys_until_it_is_removed(home: Path) -> None:
    process_info.add([9393], ["uci_housing_model"])
    (entry,) = json.loads((home / "ProcessInfo.json").read_text())
    assert entry == {
        "pid": os.getpid(),
        "port": [9393],
        "model": ["uci_housing_model"],
        "start_time": entry["start_time"],
    }
    assert [process.pid for _, process in process_info.running()] == [os.getpid()]
    process_info.remove(os.getpid())
    assert [path.name for path in home.iterdir()] == ["cache"]


def test_a_full_disk_leaves_the_list_as_it_was(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(path: Path, _: bytes) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    process_info.add([9393], ["m"])
    before = process_info.path().read_bytes()
    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(OSError, match="No space left"):
        process_info.add([9394], ["m"])
    assert process_info.path().read_bytes() == before
    assert sorted(path.name for path in home.iterdir()) == ["ProcessInfo.json", "cache"]


def test_a_server_that_ended_is_dropped(home: Path, sleeper: subprocess.Popen[bytes]) -> None:
    note(home, sleeper.pid, 9393)
    sleeper.kill()
    sleeper.wait()
    process_info.add([9394], ["m"])
    assert [entry["port"] for entry in json.loads((home / "ProcessInfo.json").read_text())] == [[9394]]


def test_stop_ends_the_server_of_a_port(home: Path, sleeper: subprocess.Popen[bytes]) -> None:
    note(home, sleeper.pid, 9393)
    with pytest.raises(BadInput, match="no server on port 9394 that runs"):
        stop.stop(9394)
    assert sleeper.poll() is None
    assert stop.stop(9393) == [sleeper.pid]
    assert sleeper.wait(10) == 0


def test_kill_ends_every_server_at_once_and_forgets_it(home: Path, sleeper: subprocess.Popen[bytes]) -> None:
    note(home, sleeper.pid, 9393)
    assert stop.kill(None) == [sleeper.pid]
    assert sleeper.wait(10) == -9
    assert not (home / "ProcessInfo.json").exists()


def test_a_process_number_that_went_to_another_program_is_left_alone(
    home: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    note(home, sleeper.pid, 9393, started_before_s=60)
    for end in (stop.stop, stop.kill):
        with pytest.raises(BadInput, match="lists no server that runs"):
            end(None)
    assert sleeper.poll() is None


def test_a_list_that_paddle_serving_began_is_gone_on_with(home: Path) -> None:
    old = '[{"pid": 1, "port": [9393], "model": "web_service", "start_time": 1795950096.51}]'
    (home / "ProcessInfo.json").write_text(old)
    process_info.add([9394], ["uci"])
    assert [entry.port for entry, _ in process_info.running()] == [[9394]]


@pytest.mark.parametrize("text", ["", "{}", '[{"pid": "x"}]', "not json"])
def test_a_list_that_makes_no_sense_is_named(home: Path, text: str) -> None:
    (home / "ProcessInfo.json").write_text(text)
    with pytest.raises(BadInput, match=r"ProcessInfo\.json does not list servers; remove it"):
        stop.stop(None)
