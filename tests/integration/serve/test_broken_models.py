import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from serving_kit.serve.__main__ import main

pytestmark = pytest.mark.integration


def drop_prototxt(server: Path) -> None:
    (server / "serving_server_conf.prototxt").unlink()


def cut_program(server: Path) -> None:
    (program,) = server.glob("*.json")
    program.write_bytes(program.read_bytes()[:200])


def cut_parameters(server: Path) -> None:
    (parameters,) = server.glob("*.pdiparams")
    parameters.write_bytes(parameters.read_bytes()[:-3])


@pytest.mark.parametrize("damage", [drop_prototxt, cut_program, cut_parameters])
def test_a_broken_model_is_one_sentence_and_status_2(
    damage: Callable[[Path], None],
    adder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(adder, tmp_path / "broken")
    damage(tmp_path / "broken" / "serving_server")
    monkeypatch.chdir(tmp_path)
    assert main(["--model", "broken", "--port", "0", "--log_level", "error"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: broken")
    assert [path.name for path in tmp_path.iterdir()] == ["broken"]
