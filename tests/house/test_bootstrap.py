"""The set-up script: quick when there is nothing to do, one sentence when it cannot be done."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap
from notebooks.house.shelf import ROOT

CLOSED = "http://127.0.0.1:9/simple"  # the discard port: nobody listens


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout that holds what the script reads."""
    for name in ("bootstrap.py", "pyproject.toml", "requirements.lock", "requirements-suites.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def _bootstrap(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    return subprocess.run(
        [sys.executable, "bootstrap.py", *arguments],
        cwd=folder,
        env={**environment, "PIP_CONFIG_FILE": os.devnull, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def _stamp(folder: Path, *lines: str) -> Path:
    stamp = folder / ".venv" / "bootstrap.stamp"
    stamp.parent.mkdir()
    stamp.write_text("\n".join(lines))
    return stamp


def test_a_registry_that_cannot_be_reached_is_one_sentence(copy: Path) -> None:
    half_made = copy / ".venv" / "lib" / "half.py"
    half_made.parent.mkdir(parents=True)
    half_made.touch()
    done = _bootstrap(copy, PIP_INDEX_URL=CLOSED)
    assert done.returncode == 1
    assert done.stderr == (
        f"bootstrap: could not install {bootstrap.UV}: the package registry cannot be reached; "
        "mend that and run this again\n"
    )
    assert "Connection refused" in (copy / "build" / "bootstrap.log").read_text()
    assert (copy / ".venv" / "bin" / "python").exists()
    assert not half_made.exists()
    assert not (copy / ".venv" / "bootstrap.stamp").exists()


def test_a_stamped_environment_is_left_alone(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", copy)
    stamp = _stamp(copy, _this_python(), bootstrap.stamp("requirements.lock", "pyproject.toml"))
    done = _bootstrap(copy, PIP_INDEX_URL=CLOSED)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path.name for path in (copy / ".venv").iterdir()] == [stamp.name]


@pytest.mark.parametrize("arguments", [(), ("--suites",)])
def test_a_changed_lock_or_a_new_wish_loses_the_stamp_first(copy: Path, arguments: tuple[str, ...]) -> None:
    stamp = _stamp(copy, _this_python(), "requirements.lock:0123")
    done = _bootstrap(copy, *arguments, PIP_INDEX_URL=CLOSED)
    # A changed lock brings it up to date; the suites, with their own OpenCV, make it anew.
    assert ("making .venv" in done.stdout) == bool(arguments)
    assert done.returncode == 1
    assert not stamp.exists()


def test_a_python_without_wheels_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 13, 1))
    with pytest.raises(bootstrap.StepFailed, match=r"this is Python 3\.13\.1, but 3\.11 or 3\.12 is needed"):
        bootstrap.check_python()


def test_pips_registries_are_handed_to_uv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nindex-url = http://one.example/simple\nfind-links =\n  /a\n  /b\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "http://two.example/simple")
    monkeypatch.setattr(bootstrap, "PYTHON", sys.executable)
    found = bootstrap.registries()
    assert found["UV_DEFAULT_INDEX"] == "http://two.example/simple"  # a variable wins over the file
    assert found["UV_FIND_LINKS"] == "/a,/b"


def _this_python() -> str:
    return f"python:{sys.version.split()[0]}"


def test_a_system_library_that_is_missing_is_named() -> None:
    output = "ImportError: libgomp.so.1: cannot open shared object file: No such file or directory"
    assert "lacks the system library libgomp.so.1 (Debian: apt-get install libgomp1)" in bootstrap.reason(output)
