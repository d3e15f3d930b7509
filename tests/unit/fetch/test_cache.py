import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from serving_kit.errors import BadInput
from serving_kit.fetch.cache import Cache


def write(folder: Path) -> None:
    (folder / "file").write_text("whole")


def test_a_folder_is_made_once(tmp_path: Path) -> None:
    cache, calls = Cache(tmp_path / "cache"), []
    for _ in range(2):
        folder = cache.folder("key", lambda work: (calls.append(1), write(work)))
    assert calls == [1] and (folder / "file").read_text() == "whole"


def test_what_fails_leaves_nothing_and_is_made_again(tmp_path: Path) -> None:
    def fail(work: Path) -> None:
        write(work)
        raise KeyboardInterrupt

    cache = Cache(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        cache.folder("key", fail)
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []
    assert (cache.folder("key", write) / "file").exists()


def test_a_full_disk_is_said_in_one_sentence(tmp_path: Path) -> None:
    def fill(work: Path) -> None:
        write(work)
        raise OSError(errno.ENOSPC, "no space left")

    with pytest.raises(BadInput, match="the disk is full at"):
        Cache(tmp_path).folder("key", fill)
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


SLOW = """
import sys, time
from pathlib import Path
from serving_kit.fetch.cache import Cache

def make(work):
    (work / "started").touch()
    Path(sys.argv[2]).touch()
    time.sleep(float(sys.argv[3]))
    with Path(sys.argv[2]).with_suffix(".calls").open("a") as calls:
        calls.write("x")

Cache(Path(sys.argv[1])).folder("key", make)
"""


def start(tmp_path: Path, sleep_s: float) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-c", SLOW, str(tmp_path / "cache"), str(tmp_path / "began"), str(sleep_s)]
    return subprocess.Popen(words)


def test_two_processes_make_it_once(tmp_path: Path) -> None:
    both = [start(tmp_path, 0.3), start(tmp_path, 0.3)]
    assert [process.wait(30) for process in both] == [0, 0]
    assert (tmp_path / "began.calls").read_text() == "x"


def test_a_killed_process_leaves_nothing_that_counts(tmp_path: Path) -> None:
    process = start(tmp_path, 60)
    while not (tmp_path / "began").exists():
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(30)
    folder = Cache(tmp_path / "cache").folder("key", write)
    assert [path.name for path in folder.iterdir()] == ["file"]
    assert [path.name for path in (tmp_path / "cache").iterdir() if path.is_dir()] == ["key"]
