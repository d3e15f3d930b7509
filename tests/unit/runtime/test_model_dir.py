import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from serving_kit.errors import ModelFileError, NotFound
from serving_kit.runtime import parameters
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.spec import Port, Spec
from serving_kit.types import ElementType, TensorSpec
from tests.unit.tiny_models import pir_linear


def test_a_server_directory_goes_by_its_own_name(fluid: Path) -> None:
    model = ModelDir.open(fluid)
    assert (model.name, model.server_dir, model.spec, model.params) == ("house", fluid, None, None)
    assert model.parameter_files == (fluid / "fc_0.b_0", fluid / "fc_0.w_0")


def test_a_model_directory_goes_by_its_name_or_its_specs(legacy: Path, tmp_path: Path) -> None:
    shutil.copytree(legacy, tmp_path / "shop" / "serving_server")
    assert ModelDir.open(tmp_path / "shop").name == "shop"
    assert ModelDir.open(tmp_path / "shop" / "serving_server").name == "shop"
    Spec(name="till").write(tmp_path / "shop" / "serving_server")
    assert ModelDir.open(str(tmp_path / "shop")).name == "till"


def test_aliases_come_from_the_prototxt_and_full_shapes_from_the_program(fluid: Path) -> None:
    model = ModelDir.open(fluid)
    assert model.inputs == (TensorSpec("x", "x", ElementType.FP32, (-1, 3)),)
    assert model.outputs == (TensorSpec("y", "price", ElementType.FP32, (-1, 1)),)


def test_the_spec_knows_better(fluid: Path) -> None:
    port = Port(name="x", alias="x", dtype="float32", shape=(4, 3), finite=True)
    Spec(name="house", inputs=(port,)).write(fluid)
    assert ModelDir.open(fluid).inputs == (TensorSpec("x", "x", ElementType.FP32, (4, 3), finite=True),)


def test_nothing_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no model directory"):
        ModelDir.open(tmp_path / "none")


def test_no_prototxt_names_the_converter(fluid: Path) -> None:
    (fluid / "serving_server_conf.prototxt").unlink()
    with pytest.raises(ModelFileError, match=r"holds no serving_server_conf\.prototxt; make one with python -m"):
        ModelDir.open(fluid)


@pytest.mark.parametrize(
    ("gone", "complaint"),
    [
        ("__model__", "holds no program"),
        ("fc_0.w_0", r"lacks the parameter files \['fc_0\.w_0'\]"),
    ],
)
def test_a_missing_fluid_file_is_named(fluid: Path, gone: str, complaint: str) -> None:
    (fluid / gone).unlink()
    with pytest.raises(ModelFileError, match=complaint):
        ModelDir.open(fluid)


def test_a_program_without_its_parameters_is_named(legacy: Path) -> None:
    (legacy / "model.pdiparams").unlink()
    with pytest.raises(ModelFileError, match=r"holds model\.pdmodel but no \*\.pdiparams"):
        ModelDir.open(legacy)


def test_a_file_that_may_not_be_read_is_named(fluid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(fluid / "fc_0.b_0"))

    monkeypatch.setattr(parameters, "check", refuse)
    with pytest.raises(ModelFileError, match=r"fc_0\.b_0 cannot be read: Permission denied"):
        ModelDir.open(fluid)


def test_two_programs_are_one_too_many(legacy: Path) -> None:
    pir_linear(legacy)
    with pytest.raises(ModelFileError, match=r"more than one model \(model\.pdmodel, model\.json\)"):
        ModelDir.open(legacy)


@pytest.mark.parametrize("name", ["fc_0.w_0", "fc_0.b_0"])
def test_a_cut_off_parameter_is_named(fluid: Path, name: str) -> None:
    (fluid / name).write_bytes((fluid / name).read_bytes()[:-2])
    with pytest.raises(ModelFileError, match=f"{name} is cut off"):
        ModelDir.open(fluid)


def test_a_prototxt_of_another_model_is_noticed(fluid: Path) -> None:
    conf = fluid / "serving_server_conf.prototxt"
    conf.write_text(conf.read_text().replace('name: "x"', 'name: "image"', 1))
    with pytest.raises(ModelFileError, match=r"lists 'image', but the program has \['x'\]"):
        ModelDir.open(fluid)


def test_a_directory_is_opened_without_the_seconds_that_paddle_takes(fluid: Path, pir: Path) -> None:
    program = (
        "import sys\n"
        "from serving_kit.runtime.model_dir import ModelDir\n"
        "print([ModelDir.open(folder).name for folder in sys.argv[1:]], 'paddle' in sys.modules)\n"
        "import paddle\n"  # which brings the same messages once more
    )
    words = [sys.executable, "-W", "ignore", "-c", program, str(fluid), str(pir)]
    printed = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120).stdout
    assert printed == f"['{fluid.name}', '{pir.name}'] False\n"
