import sys
from pathlib import Path

import pytest

from serving_kit.convert import child, environment, torch_runtime
from serving_kit.errors import ModelFileError


def test_what_the_child_says_last_is_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This interpreter has no PyTorch, so its child ends as any that fails does."""
    monkeypatch.setattr(environment, "python", lambda lock: Path(sys.executable))
    (tmp_path / "model.pt").touch()
    with pytest.raises(ModelFileError, match=r"model\.pt cannot be run by PyTorch: .*No module named 'torch'$"):
        torch_runtime.run("ask", tmp_path, tmp_path / "model.pt")


def test_a_child_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "python", lambda lock: Path(sys.executable))
    monkeypatch.setattr(child, "_DEADLINE_S", 0.0)
    with pytest.raises(ModelFileError, match="no result within 0 s"):
        torch_runtime.run("ask", tmp_path, tmp_path)
