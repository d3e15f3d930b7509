import subprocess
from pathlib import Path

import pytest

from serving_kit.convert import environment, torch_runtime
from serving_kit.errors import NotFound, Unavailable

pytestmark = pytest.mark.usefixtures("own_cache")


def lock(folder: Path, text: str = "") -> Path:
    path = folder / "tiny.lock"
    path.write_text(text)
    return path


def test_an_environment_is_made_once_and_sees_nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = environment.python(lock(tmp_path))
    code = "import importlib.util as u, sys; print(sys.prefix); print(u.find_spec('numpy'))"
    said = subprocess.run([str(python), "-I", "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == [str(python.parent.parent), "None"]
    monkeypatch.setattr(environment.subprocess, "run", None)
    assert environment.python(lock(tmp_path)) == python


def test_another_list_is_another_environment(tmp_path: Path) -> None:
    assert environment.python(lock(tmp_path)) != environment.python(lock(tmp_path, "# nothing else\n"))


def test_what_pip_cannot_install_leaves_nothing(tmp_path: Path, own_cache: Path) -> None:
    with pytest.raises(Unavailable, match=r"tiny\.lock cannot be made \(.*no-such-package==1\.0") as caught:
        environment.python(lock(tmp_path, "--no-index\nno-such-package==1.0\n"))
    assert "\n" not in str(caught.value)
    assert [path for path in (own_cache / "environments").iterdir() if path.is_dir()] == []


def test_a_lock_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"there is no lock file .*none\.lock"):
        environment.python(tmp_path / "none.lock")


def test_pytorchs_lock_holds_versions_and_no_addresses() -> None:
    lines = torch_runtime.LOCK.read_text().splitlines()
    assert lines == sorted(lines)
    assert all(line.count("==") == 1 and "/" not in line and "+" not in line for line in lines)
    assert torch_runtime.version().replace(" ", "==") in lines
