import sys
from pathlib import Path

import pytest

from serving_kit.compat.__main__ import main

pytestmark = pytest.mark.usefixtures("old_names")


def script(folder: Path, text: str) -> str:
    path = folder / "old_script.py"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_script_sees_its_arguments_its_folder_and_itself_as_main(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "beside.py").write_text("answer = 42", encoding="utf-8")
    path = script(tmp_path, "import sys, beside\nprint(sys.argv[1:], beside.answer, __name__, sys.argv[0] == __file__)")
    before = sys.argv, sys.path[:]
    assert main([path, "--thread", "4"]) == 0
    assert capsys.readouterr().out == "['--thread', '4'] 42 __main__ True\n"
    assert (sys.argv, sys.path) == before


def test_a_scripts_own_exit_status_and_exceptions_go_through(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main([script(tmp_path, "raise SystemExit(7)")])
    assert ended.value.code == 7
    with pytest.raises(ZeroDivisionError):
        main([script(tmp_path, "1 / 0")])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "import paddle_serving_server.monitor",
            "paddle_serving_server.monitor of Paddle Serving",
        ),
        (
            "from paddle_serving_app.local_predict import *\nLocalPredictor().load_model_config('nowhere')",
            "there is no model directory nowhere",
        ),
    ],
)
def test_a_refusal_of_ours_is_one_sentence_and_status_2(
    text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([script(tmp_path, text)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: {says}")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "nothing cannot be run"),
        (["--thread"], "--thread cannot be run"),
        (["-m"], "-m names no module"),
        (["nowhere.py"], "there is no script nowhere.py"),
        (["-m", "nowhere.deep"], "there is no module nowhere.deep"),
        (["-m", "paddle_serving_server.monitor"], "paddle_serving_server.monitor of Paddle Serving is not offered"),
    ],
)
def test_what_cannot_be_run_is_named(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: {says}")
    assert told.count("\n") == 1


def test_a_module_of_the_old_packages_runs_with_its_arguments(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "serving_kit.serve.__main__", raising=False)  # as in a process of its own
    with pytest.raises(SystemExit) as ended:
        main(["-m", "paddle_serving_server.serve", "stop"])
    assert ended.value.code == 2
    assert "lists no server that runs" in capsys.readouterr().err


def test_a_module_beside_the_caller_runs_too(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text(
        "from paddle_serving_client import Client\nprint(Client.__name__)", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    assert main(["-m", "mine"]) == 0
    assert capsys.readouterr().out == "Client\n"


def test_an_import_that_fails_inside_a_module_keeps_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "__init__.py").write_text("import something_nobody_has", encoding="utf-8")
    (tmp_path / "script.py").write_text("import something_nobody_has", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for words in (["-m", "mine.part"], ["script.py"]):
        with pytest.raises(ModuleNotFoundError, match="something_nobody_has"):
            main(words)


def test_help_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert capsys.readouterr().out.startswith("usage: python -m serving_kit.compat SCRIPT [ARGS...]")
