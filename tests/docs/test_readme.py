"""The README's commands are run as they stand, and its tables are what the cards, flags and settings say."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from notebooks.house import document
from tests.fences import read_fences

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
ADDRESS = "http://127.0.0.1:9393"  # as the README says


def run(command: list[str], folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("reader")
    convert, serve = read_fences(README, "sh")[0].splitlines()
    run(shlex.split(convert), folder)
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen([sys.executable, *shlex.split(serve)[1:]], cwd=folder, stderr=log)
    try:
        for _ in range(240):
            assert server.poll() is None, (folder / "server.log").read_text()
            try:
                if httpx.get(f"{ADDRESS}/ready").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.25)
        yield folder
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=60) in (0, 130, -signal.SIGINT)


@pytest.mark.integration
def test_the_old_curl_answers_what_the_readme_shows(served: Path) -> None:
    assert shutil.which("curl"), "this test needs curl (Debian: apt-get install curl)"
    answer = json.loads(run(shlex.split(read_fences(README, "sh")[1]), served))
    assert len(answer.pop("profile_time")) == 2
    shown = json.loads(read_fences(README, "json")[0].replace("[…]", "[]"))
    shown.pop("profile_time")
    assert answer == shown


@pytest.mark.integration
def test_the_python_example_prints_a_price(served: Path) -> None:
    printed = run([sys.executable, "-c", read_fences(README, "python")[0]], served)
    assert "'price': array([[22." in printed


@pytest.mark.parametrize("name", document.DOCUMENTS)
def test_tables_are_up_to_date(name: str) -> None:
    assert not document.refresh(ROOT / name, write=False), f"{name} is out of date; run make sync"


def test_every_table_of_the_documents_is_known() -> None:
    for name in document.DOCUMENTS:
        begun = [line.split()[2] for line in (ROOT / name).read_text().splitlines() if line.startswith("<!-- begin: ")]
        assert begun
        assert set(begun) <= set(document.TABLES)
