from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving_kit.compat.app.local_predictor import LocalPredictor
from serving_kit.errors import BadInput, NotFound, Unsupported
from serving_kit.runtime.verdict import Verdict
from serving_kit.types import ElementType
from tests.unit.tiny_models import ROW, echo, legacy_linear, with_prototxt


@pytest.fixture(autouse=True)
def known_to_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare these tests the trials in a child process: their models load."""
    verdict = Verdict(onednn=False, reason="known")
    monkeypatch.setattr("serving_kit.runtime.load.decide", lambda _model, _options: verdict)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_prototxt(legacy_linear(tmp_path_factory.mktemp("models") / "uci"), {"x": "features", "y": "price"})


@pytest.fixture
def predictor(model: Path) -> LocalPredictor:
    predictor = LocalPredictor()
    predictor.load_model_config(str(model))
    return predictor


@pytest.mark.parametrize("feed", [{"features": ROW[0]}, [{"x": ROW[0].astype("float64")}], {"other": [1, 2, 3]}])
def test_one_instance_by_alias_real_name_or_place(predictor: LocalPredictor, feed: Any) -> None:
    answer = predictor.predict(feed=feed, fetch=["price"])
    assert {name: array.tolist() for name, array in answer.items()} == {"price": [[8.5]]}
    assert answer["price"].dtype == np.float32


@pytest.mark.parametrize("rows", [[[1, 2, 3], [0, 0, 0]], np.array([[1, 2, 3], [0, 0, 0]]), [[1, 2, 3]]])
def test_a_batch_keeps_its_axis(predictor: LocalPredictor, rows: Any) -> None:
    answer = predictor.predict(feed={"features": rows}, batch=True, log_id=7)
    assert answer["price"].tolist() == [[8.5], [0.5]][: len(rows)]


@pytest.mark.parametrize(
    ("fetch", "names"),
    [(None, ["price"]), ("price", ["price"]), (["y"], ["y"]), (["price", "prize"], ["price"]), (["prize"], ["prize"])],
)
def test_outputs_by_alias_real_name_or_where_none_is_known_by_place(
    predictor: LocalPredictor, fetch: Any, names: list[str]
) -> None:
    answer = predictor.predict(feed={"features": ROW[0]}, fetch=fetch)
    assert {name: array.tolist() for name, array in answer.items()} == {name: [[8.5]] for name in names}


def test_packed_sequences_keep_their_offsets(tmp_path: Path) -> None:
    predictor = LocalPredictor()
    predictor.load_model_config(str(with_prototxt(echo(tmp_path, ElementType.INT64, lod=True))))
    rows = np.array([[1, 2], [3, 4], [5, 6]])
    answer = predictor.predict(feed={"x": rows, "x.lod": [0, 1, 3]}, fetch=["y"], batch=True)
    assert answer["y"].tolist() == rows.tolist()
    assert answer["y.lod"].tolist() == [0, 1, 3]
    assert answer["y.lod"].dtype == np.int32


def test_what_is_missing_is_named(predictor: LocalPredictor, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="feed must be a dict"):
        predictor.predict(feed=None)
    with pytest.raises(BadInput, match=r"feed 'features' is missing; the model takes \['features'\]"):
        predictor.predict(feed={})
    with pytest.raises(BadInput, match="call load_model_config"):
        LocalPredictor().predict(feed={"x": ROW})
    with pytest.raises(NotFound, match="there is no model directory"):
        LocalPredictor().load_model_config(str(tmp_path / "nowhere"))


def test_a_gpu_that_is_not_there_is_refused(model: Path) -> None:
    with pytest.raises(Unsupported, match="--gpu_ids cannot be honoured"):
        LocalPredictor().load_model_config(str(model), use_gpu=True, gpu_id=0)


def test_settings_without_effect_are_told(model: Path, caplog: pytest.LogCaptureFixture) -> None:
    predictor = LocalPredictor()
    predictor.load_model_config(str(model), use_profile=True, mkldnn_op_list=["conv2d"], precision="FP16")
    assert [record.getMessage() for record in caplog.records if "local_predictor" in record.name] == [
        "use_profile has no effect on this engine",
        "mkldnn_op_list has no effect on this engine",
        "precision fp16 is computed as fp32 on a CPU",
    ]
    assert predictor.predict({"features": ROW[0]})["price"].tolist() == [[8.5]]


def test_settings_that_nothing_can_honour_are_refused(model: Path) -> None:
    with pytest.raises(Unsupported, match="dynamic shapes"):
        LocalPredictor().load_model_config(str(model), use_gpu=True, use_trt=True, dynamic_shape_info={"x": [1]})
    with pytest.raises(BadInput, match="precision 'fp8' is unknown"):
        LocalPredictor().load_model_config(str(model), precision="fp8")
