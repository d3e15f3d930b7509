import json
from pathlib import Path

import pytest

from serving_kit.errors import ModelFileError
from serving_kit.runtime.program import describe, is_pir
from serving_kit.types import ElementType, TensorSpec
from tests.unit.tiny_models import echo, fluid_linear, legacy_linear

X = TensorSpec("x", "x", ElementType.FP32, (-1, 3))
Y = TensorSpec("y", "y", ElementType.FP32, (-1, 1))


def test_fluid_and_legacy_programs_say_the_same(tmp_path: Path) -> None:
    for program in (describe(fluid_linear(tmp_path / "a")), describe(legacy_linear(tmp_path / "b"))):
        assert (program.inputs, program.outputs) == ((X,), (Y,))
        assert program.parameters == {"fc_0.b_0": (1,), "fc_0.w_0": (3, 1)}


def test_a_pir_program_keeps_its_open_axes(conv: Path) -> None:
    program = describe(conv / "model.json")
    assert program.inputs == (TensorSpec("x", "x", ElementType.FP32, (-1, 3, -1, -1)),)
    assert program.outputs == (TensorSpec("fetch_name_0", "fetch_name_0", ElementType.FP32, (-1, 4, -1, -1)),)
    assert program.parameters == {"conv2d_0.b_0": (4,), "conv2d_0.w_0": (4, 3, 3, 3)}


def test_what_a_pir_program_does_not_keep_is_no_parameter(conv: Path, tmp_path: Path) -> None:
    """An LSTM's program lists the state of its dropout, which `jit.save` leaves out of the parameters' file."""
    document = json.loads((conv / "model.json").read_bytes())
    operations = document["program"]["regions"][0]["blocks"][0]["ops"]
    bias = next(op for op in operations if op["#"].endswith("p") and op["A"][3] == "conv2d_0.b_0")
    bias["OA"][0] = 0
    (tmp_path / "model.json").write_text(json.dumps(document))
    assert list(describe(tmp_path / "model.json").parameters) == ["conv2d_0.w_0"]


@pytest.mark.parametrize("element_type", [ElementType.INT64, ElementType.FP16, ElementType.BOOL])
def test_types_and_levels_of_detail_are_read(tmp_path: Path, element_type: ElementType) -> None:
    program = describe(echo(tmp_path, element_type, lod=True))
    assert program.inputs == (TensorSpec("x", "x", element_type, (-1, 2), is_lod=True),)
    assert program.outputs[0].is_lod


def test_pir_is_told_from_other_json(conv: Path, tmp_path: Path) -> None:
    (tmp_path / "spec.json").write_text('{"name": "x"}')
    assert is_pir(conv / "model.json")
    assert not is_pir(tmp_path / "spec.json")


@pytest.mark.parametrize("kept", [0, 1, 100])
@pytest.mark.parametrize("suffix", [".json", ".pdmodel"])
def test_a_cut_off_program_is_one_sentence(conv: Path, legacy: Path, tmp_path: Path, suffix: str, kept: int) -> None:
    whole = conv / "model.json" if suffix == ".json" else legacy / "model.pdmodel"
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(whole.read_bytes()[:kept])
    with pytest.raises(ModelFileError, match=rf"cut{suffix} \({kept} bytes\) is no whole Paddle program"):
        describe(cut)


def test_nesting_without_end_is_no_program(tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(ModelFileError, match="is no whole Paddle program"):
        describe(tmp_path / "deep.json")


def test_a_program_for_training_has_no_outputs_to_serve(tmp_path: Path) -> None:
    from paddle.base.proto.framework_pb2 import ProgramDesc

    program = fluid_linear(tmp_path)
    message = ProgramDesc.FromString(program.read_bytes())
    del message.blocks[0].ops[-1]
    program.write_bytes(message.SerializeToString())
    with pytest.raises(ModelFileError, match="without inputs or outputs; export it for inference"):
        describe(program)


def test_a_missing_program_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="cannot be read"):
        describe(tmp_path / "__model__")
