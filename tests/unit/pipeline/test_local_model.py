from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.pipeline.config import LocalService
from serving_kit.pipeline.local_model import LocalModel, engine_options
from serving_kit.runtime.load import load
from serving_kit.tune import Candidate
from tests.linear import write_linear


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LocalModel:
    directory = write_linear(tmp_path_factory.mktemp("local") / "adder", 3, feed="x", fetch="total", bias=1.0)
    return LocalModel(load(directory))


def test_it_answers_as_a_client_would(model: LocalModel) -> None:
    answer = model.predict({"x": np.array([[1, 2, 3], [4, 5, 6]])}, ["total"])
    assert answer["total"].tolist() == [[7.0], [16.0]]
    assert model.predict({"x": [1.0, 2, 3]}, batch=False)["total"].tolist() == [[7.0]]


def test_every_thread_computes_on_a_clone_of_its_own(model: LocalModel) -> None:
    def ask(number: int) -> float:
        return float(model.predict({"x": np.full((1, 3), number)})["total"].item())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(40))) == [3.0 * number + 1 for number in range(40)]


@pytest.mark.parametrize(
    ("feed", "fetch", "said"),
    [
        ({}, None, r"invalid arg list: \['feed_batch'\]: the model takes \['x'\], got \[\]"),
        ({"x": [[1, 2, 3]], "y": [1]}, None, r"got \['x', 'y'\]"),
        ({"x": [[1, 2, 3]]}, ["price"], r"\['fetch_list'\]: the model gives \['total'\], not 'price'"),
        ({"x": [["a", "b", "c"]]}, None, "feed 'x' cannot become FP32"),
        ({"x": [[1, 2]]}, None, r"input 'x' must have shape \[-1, 3\] \(-1: any\), got \[1, 2\]"),
        ({"x": [1, 2, 3]}, None, r"input 'x' must have shape \[-1, 3\] \(-1: any\), got \[3\]"),
        ({"x": np.zeros((0, 3))}, None, "input 'x' is empty; send at least one row"),
        ({"x": [[1, 2, 3]], "x.lod": [0, 1]}, None, "input 'x' takes no lod"),
    ],
)
def test_a_wrong_feed_is_named(model: LocalModel, feed: dict[str, Any], fetch: list[str] | None, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        model.predict(feed, fetch)


def options(**changes: Any) -> Any:
    return engine_options(LocalService(model_config="m", **changes))


def test_devices_decide_where_device_type_does_not() -> None:
    assert options().on_cpu
    assert options(devices="0,2").gpu_ids == (0,)
    assert options(device_type=0, devices="0").on_cpu
    assert options(device_type=2, devices="1").use_trt
    assert options(device_type=4).use_xpu
    assert options(device_type=5).use_ascend_cl
    assert options(device_type=3).use_lite
    assert options(use_mkldnn=True).onednn is True
    assert options(precision="fp16").precision == "fp32"
    with pytest.raises(BadInput, match="devices: 'gpu' is no list of device numbers"):
        options(devices="gpu")


def test_the_processes_of_an_op_take_turns_on_its_devices() -> None:
    local = LocalService(model_config="m", devices="0, 2")
    assert [engine_options(local, number).gpu_ids for number in range(3)] == [(0,), (2,), (0,)]


def test_an_engine_for_the_cpu_is_refused_elsewhere() -> None:
    with pytest.raises(BadInput, match="engine: openvino computes on the CPU; take it away or write device_type: 0"):
        options(engine="openvino", devices="0")


@pytest.mark.parametrize(("given", "fixed"), [({}, None), ({"thread_num": 2}, 2)])
def test_the_fastest_engine_is_asked_for(monkeypatch: pytest.MonkeyPatch, given: dict[str, int], fixed: int) -> None:
    def measured(path: str, *, budget_s: float, threads: int | None) -> Any:
        assert (path, threads) == ("m", fixed)
        assert budget_s > 0
        return SimpleNamespace(latency=SimpleNamespace(candidate=Candidate(engine="openvino", threads=threads or 4)))

    monkeypatch.setattr("serving_kit.pipeline.local_model.tuned", measured)
    chosen = options(engine="auto", **given)
    assert (chosen.engine, chosen.cpu_threads) == ("openvino", fixed or 4)
