"""ONNX models that stay what they are: converted to a directory, tried in a child, served by every protocol."""

import json
from pathlib import Path

import numpy as np
import pytest

import serving_kit as sk
from serving_kit.convert import convert_model, inference_model_to_serving
from serving_kit.errors import BadInput, ModelFileError, Unsupported
from serving_kit.runtime.load import load
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineOptions
from serving_kit.spec import Spec
from serving_kit.types import Tensor
from tests.unit.tiny_models import fluid_linear
from tests.unit.tiny_onnx import counter, scaled

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("own_cache")]
ROW = np.array([[1.0, 2.0]], "float32")
FEEDS = {"x": ROW, "state": 10 * ROW, "step": np.array(3, "int64")}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return convert_model(
        counter(tmp_path / "net.onnx"),
        tmp_path / "models" / "counter",
        spec=Spec(name="counter"),
        engine="onnxruntime",
        feed_aliases={"step": "factor"},
        golden_inputs={("factor" if name == "step" else name): Tensor(array) for name, array in FEEDS.items()},
        threshold=1e-6,
    )


def test_the_directory_holds_the_model_itself_and_says_so(made: Path, tmp_path: Path) -> None:
    server = made / "serving_server"
    assert (server / "model.onnx").read_bytes() == (tmp_path / "net.onnx").read_bytes()
    said = json.loads((server / "spec.json").read_text())
    assert said["conversion"] == {
        "source_format": "onnx",
        "converter": "none, served as it is",
        "compared_with": "onnxruntime 1.32.0",
        "max_abs_difference": 0.0,
        "threshold": 1e-6,
        "quantisation": None,
    }
    assert set(said["files"]) == {"model.onnx", "golden.npz"}
    assert said["golden"]["made_by"] == "onnxruntime 1.32.0"
    assert not list(server.glob("*.pdiparams"))


def test_it_loads_beside_paddle_and_says_why(made: Path) -> None:
    model = load(made)
    metadata = model.metadata()
    assert (metadata["platform"], metadata["engine"]) == ("onnxruntime 1.32.0", "onnxruntime")
    assert metadata["engine_reason"] == "an ONNX model, served as it is: 0 away from the golden answer"
    answer = model.engine.run({name: Tensor(array) for name, array in FEEDS.items()})
    np.testing.assert_array_equal(answer["sum"].array, [[13, 26]])


def test_a_scalar_and_a_state_travel_by_every_protocol(made: Path) -> None:
    with sk.start(made) as server:
        for scheme in ("http", "grpc", "brpc"):
            client = sk.connect(server.url.replace("http", scheme, 1))
            state = np.zeros((1, 2), "float32")
            for _ in range(3):
                outputs = client.predict({"x": ROW, "state": state, "factor": np.array(2, "int64")})
                state = outputs["next"]
            np.testing.assert_array_equal(state, [[6, 12]], err_msg=scheme)
            client.close()


def test_a_changed_file_is_noticed(made: Path) -> None:
    path = made / "serving_server" / "model.onnx"
    path.write_bytes(path.read_bytes().replace(b"tiny", b"tony"))
    with pytest.raises(ModelFileError, match=r"model\.onnx is damaged: its sha256 is not the one in spec\.json"):
        load(made)


def test_what_onnx_runtime_refuses_is_refused_in_the_child(made: Path) -> None:
    server = made / "serving_server"
    path = server / "model.onnx"
    path.write_bytes(path.read_bytes().replace(b"Cast", b"Cost"))
    (server / "spec.json").unlink()
    with pytest.raises(ModelFileError, match=r"model\.onnx cannot be loaded by ONNX Runtime \(.*Cost"):
        load(made)


def test_made_up_input_will_do_where_there_is_no_example(tmp_path: Path) -> None:
    made = convert_model(
        scaled(tmp_path / "net.onnx"), tmp_path / "out", spec=Spec(name="twice"), engine="onnxruntime", threshold=1e-6
    )
    assert load(made).verdict.reason == "an ONNX model, served as it is"


def test_a_flag_that_paddle_could_honour_is_refused(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving_kit.runtime.load.check_supported", lambda _: None)
    with pytest.raises(Unsupported, match="--gpu_ids cannot be honoured: an ONNX model"):
        load(made, EngineOptions(gpu_ids=(0,)))


def test_the_engine_is_for_onnx_only(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is of format fluid; engine onnxruntime takes ONNX only, so leave it out"):
        convert_model(fluid_linear(tmp_path / "in"), tmp_path / "out", spec=Spec(name="t"), engine="onnxruntime")


def test_a_paddle_model_gives_way_to_an_onnx_model_in_its_place(made: Path, tmp_path: Path) -> None:
    convert_model(fluid_linear(tmp_path / "in"), made, spec=Spec(name="line"))
    assert ModelDir.open(made).program.name == "model.pdmodel"
    assert not (made / "serving_server" / "model.onnx").exists()


def test_the_old_command_takes_onnx_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scaled(tmp_path / "in" / "net.onnx")
    server, client = tmp_path / "server", tmp_path / "client"
    names = inference_model_to_serving(
        str(tmp_path / "in"), str(server), str(client), fetch_alias_names="double", engine="onnxruntime", threshold=1e-6
    )
    assert names == (["x"], ["y"])
    assert "onnxruntime 1.32.0: the answers differ by 0 at most" in capsys.readouterr().out
    assert [port.alias for port in ModelDir.open(server).outputs] == ["double"]
    assert (client / "serving_client_conf.prototxt").is_file()


def test_the_old_command_says_why_onnx_cannot_become_paddle(tmp_path: Path) -> None:
    scaled(tmp_path / "in" / "net.onnx")
    with pytest.raises(ModelFileError, match="it has opset 17"):
        inference_model_to_serving(str(tmp_path / "in"), str(tmp_path / "server"), str(tmp_path / "client"))
    assert not (tmp_path / "server").exists()


def test_the_old_command_counts_aliases(tmp_path: Path) -> None:
    scaled(tmp_path / "in" / "net.onnx")
    with pytest.raises(BadInput, match=r"gives 2 names for the 1 variables \['x'\]"):
        inference_model_to_serving(
            str(tmp_path / "in"), str(tmp_path / "server"), feed_alias_names="a,b", engine="onnxruntime"
        )
