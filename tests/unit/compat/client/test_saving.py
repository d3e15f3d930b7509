from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving_kit.codecs import prototxt
from serving_kit.compat.client.saving import save_dygraph_model, save_model
from serving_kit.errors import BadInput, Unsupported
from serving_kit.runtime.framework import paddle
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineOptions
from serving_kit.runtime.paddle_engine import PaddleEngine
from serving_kit.types import Tensor


@pytest.fixture
def program() -> Iterator[dict[str, Any]]:
    """A static program: `sum` adds one to the sum of three numbers, `double` doubles them."""
    static = paddle().static
    paddle().enable_static()
    with static.program_guard(static.Program(), static.Program()):
        x = static.data("x", [None, 3], "float32")
        ones = paddle().ParamAttr(initializer=paddle().nn.initializer.Constant(1.0))
        layer = paddle().nn.Linear(3, 1, weight_attr=ones, bias_attr=ones)
        found = {"x": x, "sum": layer(x), "double": x * 2.0}
        static.Executor(paddle().CPUPlace()).run(static.default_startup_program())
        yield found
    paddle().disable_static()


def predict(folder: Path, values: list[float]) -> dict[str, Any]:
    model = ModelDir.open(folder)
    engine = PaddleEngine.load(model.program, model.params, EngineOptions(onednn=False), model.inputs, model.outputs)
    outputs = engine.run({model.inputs[0].name: Tensor(np.array([values], np.float32))})
    return {spec.alias: outputs[spec.name].array.tolist() for spec in model.outputs}


def test_a_static_program_is_saved_under_its_aliases(program: dict[str, Any], tmp_path: Path) -> None:
    fetches = {"total": program["sum"], "double": program["double"]}
    save_model(str(tmp_path / "server"), str(tmp_path / "client"), {"features": program["x"]}, fetches)
    assert predict(tmp_path / "server", [1, 2, 3]) == {"double": [[2, 4, 6]], "total": [[7]]}
    feeds, fetched = prototxt.read(tmp_path / "client" / prototxt.CLIENT_CONF)
    assert [spec.alias for spec in (*feeds, *fetched)] == ["features", "double", "total"]
    assert {path.name for path in tmp_path.iterdir()} == {"server", "client"}


def test_alias_names_replace_the_keys_fetches_in_the_order_of_their_keys(
    program: dict[str, Any], tmp_path: Path
) -> None:
    fetches = {"total": program["sum"], "double": program["double"]}
    folders = str(tmp_path / "server"), str(tmp_path / "client")
    save_model(*folders, {"x": program["x"]}, fetches, feed_alias_names="in", fetch_alias_names="twice,sum")
    assert predict(tmp_path / "server", [1, 2, 3]) == {"twice": [[2, 4, 6]], "sum": [[7]]}


def test_the_configuration_may_be_shown_and_nothing_written(
    program: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_model(
        str(tmp_path / "server"), str(tmp_path / "client"), {"x": program["x"]}, {"y": program["sum"]}, show_proto=True
    )
    assert 'alias_name: "y"' in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_saved_is_said(program: dict[str, Any], tmp_path: Path) -> None:
    arguments = str(tmp_path / "s"), str(tmp_path / "c"), {"x": program["x"]}, {"y": program["sum"]}
    with pytest.raises(BadInput, match=r"feed_alias_names gives 2 names for the 1 variables \['x'\]"):
        save_model(*arguments, feed_alias_names="a,b")
    with pytest.raises(Unsupported, match="encrypted models are not supported"):
        save_model(*arguments, encryption=True)


def test_a_layer_is_saved_under_its_tensors_own_names(tmp_path: Path) -> None:
    nn, spec = paddle().nn, paddle().static.InputSpec([None, 3], "float32", name="x")
    ones = paddle().ParamAttr(initializer=nn.initializer.Constant(1.0))
    plain = nn.Linear(3, 1, weight_attr=ones, bias_attr=ones)
    layer = paddle().jit.to_static(plain, input_spec=[spec], full_graph=True)
    save_dygraph_model(str(tmp_path / "server"), str(tmp_path / "client"), layer)
    model = ModelDir.open(tmp_path / "server")
    assert [port.alias for port in model.inputs] == ["x"]
    assert list(predict(tmp_path / "server", [1, 2, 3]).values()) == [[[7]]]
