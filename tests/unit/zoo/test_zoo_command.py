import errno
import os
from pathlib import Path

import pytest

import zoo
from zoo.__main__ import main


def test_list_names_every_model_with_its_title(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split()[0] == "uci-housing" and "House prices" in line for line in lines)


def test_convert_keeps_a_folder_that_is_there(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "uci-housing", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_convert_of_an_unknown_model_is_one_sentence(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "uci-hosing", str(tmp_path / "model")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "uci-housing" in error
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "the disk is full"), (errno.EACCES, "a file cannot be read or written")]
)
def test_convert_that_cannot_write_is_one_sentence_and_leaves_nothing(
    number: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    made = tmp_path / "made" / "serving_server"
    made.mkdir(parents=True)
    (made / "model.pdmodel").touch()
    monkeypatch.setattr(zoo, "fetch", lambda _: None)
    monkeypatch.setattr(zoo, "convert", lambda *_: made.parent)
    monkeypatch.setattr("shutil.copy", refuse)
    (tmp_path / "here").mkdir()
    assert main(["convert", "uci-housing", str(tmp_path / "here" / "model")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert said in error
    assert not list((tmp_path / "here").iterdir())


def test_tasks_are_told_with_their_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks"]) == 0
    told = capsys.readouterr().out
    assert "text-detection\n" in told
    assert "unclip_ratio = 1.6" in told
