import errno
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from serving_kit.convert import inference_model_to_serving
from serving_kit.convert.__main__ import main
from serving_kit.errors import BadInput, ModelFileError
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineOptions
from serving_kit.runtime.paddle_engine import PaddleEngine
from serving_kit.types import ElementType, Tensor
from tests.unit.tiny_models import ROW, ROW_ANSWER, WEIGHTS, echo, fluid_linear, legacy_linear, pir_linear, serialized

Convert = Callable[..., tuple[list[str], list[str]]]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def convert(out: Path) -> Convert:
    """Convert into `out`, with whatever else of the old signature a test gives."""

    def run(program: Path, **options: object) -> tuple[list[str], list[str]]:
        folders = str(out / "serving_server"), str(out / "serving_client")
        return inference_model_to_serving(str(program.parent), *folders, **options)  # type: ignore[arg-type]

    return run


def test_the_pair_is_paddle_servings(tmp_path: Path, convert: Convert, out: Path) -> None:
    assert convert(fluid_linear(tmp_path / "in"), fetch_alias_names="price") == (["x"], ["y"])
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*.*")) == [
        "serving_client/serving_client_conf.prototxt",
        "serving_client/serving_client_conf.stream.prototxt",
        "serving_server/model.pdmodel",
        "serving_server/params.pdiparams",
        "serving_server/serving_server_conf.prototxt",
        "serving_server/serving_server_conf.stream.prototxt",
    ]
    text = (out / "serving_client" / "serving_client_conf.prototxt").read_text()
    assert text == (out / "serving_server" / "serving_server_conf.prototxt").read_text()
    assert 'alias_name: "price"' in text


@pytest.mark.parametrize("make", [fluid_linear, legacy_linear, pir_linear])
def test_what_was_converted_still_computes(
    tmp_path: Path, convert: Convert, out: Path, make: Callable[[Path], Path]
) -> None:
    convert(make(tmp_path / "in"), feed_alias_names="numbers")
    model = ModelDir.open(out)
    engine = PaddleEngine.load(model.program, model.params, EngineOptions(onednn=False), model.inputs, model.outputs)
    (feed,) = model.inputs
    assert feed.alias == "numbers"
    (answer,) = engine.run({feed.name: Tensor(ROW)}).values()
    assert answer.array == ROW_ANSWER


def test_separate_parameters_are_joined_in_the_order_of_their_names(
    tmp_path: Path, convert: Convert, out: Path
) -> None:
    convert(fluid_linear(tmp_path / "in"))
    joined = serialized(WEIGHTS["fc_0.b_0"]) + serialized(WEIGHTS["fc_0.w_0"])
    assert (out / "serving_server" / "params.pdiparams").read_bytes() == joined


def test_sequences_are_flagged(tmp_path: Path, convert: Convert, out: Path) -> None:
    convert(echo(tmp_path / "in", ElementType.INT64, lod=True))
    text = (out / "serving_server" / "serving_server_conf.prototxt").read_text()
    assert text.count("is_lod_tensor: true\n") == text.count("shape: -1\n") == 2


def test_given_file_names_are_kept(tmp_path: Path, convert: Convert, out: Path) -> None:
    program = legacy_linear(tmp_path / "in")
    convert(program, model_filename=program.name, params_filename="model.pdiparams")
    assert {path.name for path in (out / "serving_server").glob("model.*")} == {"model.pdmodel", "model.pdiparams"}


def test_a_second_conversion_replaces_the_model_and_nothing_else(tmp_path: Path, convert: Convert, out: Path) -> None:
    convert(fluid_linear(tmp_path / "a"))
    (out / "serving_server" / "labels.txt").write_text("mine")
    convert(pir_linear(tmp_path / "b"))
    assert ModelDir.open(out).program.name == "model.json"
    assert (out / "serving_server" / "labels.txt").read_text() == "mine"
    assert [path.name for path in sorted(out.iterdir())] == ["serving_client", "serving_server"]


def test_the_configuration_can_be_shown_only(
    tmp_path: Path, convert: Convert, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    convert(fluid_linear(tmp_path / "in"), show_proto=True)
    assert capsys.readouterr().out.startswith('feed_var {\n  name: "x"\n')
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"encryption": True}, "encrypted models are not supported"),
        ({"fetch_alias_names": "a,b"}, r"--fetch_alias_names gives 2 names for the 1 variables \['y'\]"),
        ({"feed_alias_names": "a,b,c"}, "--feed_alias_names gives 3 names"),
        ({"model_filename": "other"}, "holds no other; name a file of that folder"),
        ({"params_filename": "other"}, "holds no other; name a file of that folder"),
    ],
)
def test_wishes_that_cannot_be_met_leave_nothing(
    tmp_path: Path, convert: Convert, out: Path, options: dict[str, object], complaint: str
) -> None:
    with pytest.raises(BadInput, match=complaint):
        convert(fluid_linear(tmp_path / "in"), **options)
    assert not out.exists()


def test_damaged_parameters_are_not_passed_on(tmp_path: Path, convert: Convert, out: Path) -> None:
    program = fluid_linear(tmp_path / "in")
    program.with_name("fc_0.w_0").write_bytes(serialized(np.zeros(2, "float32"))[:-1])
    with pytest.raises(ModelFileError, match=r"fc_0\.w_0 is cut off"):
        convert(program)
    assert not out.exists()


def test_a_full_disk_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, convert: Convert, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("serving_kit.codecs.prototxt.write", write)
    with pytest.raises(BadInput, match="the disk is full"):
        convert(fluid_linear(tmp_path / "in"))
    assert list(out.iterdir()) == []


def test_the_command_line_has_every_old_flag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = legacy_linear(tmp_path / "in")
    monkeypatch.chdir(tmp_path)
    flags = {
        "--dirname": "in",
        "--serving_server": "s",
        "--serving_client": "c",
        "--model_filename": program.name,
        "--params_filename": "model.pdiparams",
        "--show_proto": "False",
        "--feed_alias_names": "numbers",
        "--fetch_alias_names": "price",
    }
    assert main([word for flag in flags.items() for word in flag]) == 0
    model = ModelDir.open("s")
    assert (model.inputs[0].alias, model.outputs[0].alias) == ("numbers", "price")
    assert (tmp_path / "c" / "serving_client_conf.prototxt").is_file()


def test_the_command_line_says_what_is_wrong_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dirname", "nowhere"]) == 2
    assert capsys.readouterr().err == (
        "error: there is no model nowhere; give a program file or the folder that holds it\n"
    )
    with pytest.raises(SystemExit):
        main(["--dirname", "nowhere", "--show_proto", "perhaps"])


def test_a_destination_that_is_a_file_is_one_line_and_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = legacy_linear(tmp_path / "in")
    taken = tmp_path / "taken"
    taken.write_text("mine")
    arguments = ["--dirname", str(program.parent), "--model_filename", program.name, "--serving_server", str(taken)]
    assert main([*arguments, "--serving_client", str(tmp_path / "client")]) == 2
    assert capsys.readouterr().err.startswith("error: a file cannot be read or written: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "taken"]
    assert taken.read_text() == "mine"
