from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving_kit.errors import BadInput, ModelFileError, NotFound, Unsupported
from serving_kit.serve.web_service import WebService
from tests.unit.tiny_models import legacy_linear, with_prototxt


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(with_prototxt(legacy_linear(tmp_path / "uci"), {"y": "price"}))


@pytest.fixture
def twin(tmp_path: Path) -> str:
    return str(with_prototxt(legacy_linear(tmp_path / "other" / "uci"), {"y": "cost"}))


def planned(models: Any, *, gpus: Any = None, debugger: bool | None = None, **settings: Any) -> Any:
    """The flags of a service; `debugger` says on a GPU or not."""
    service = WebService("uci")
    service.load_model_config(models)
    if gpus is not None:
        service.set_gpus(gpus)
    service.prepare_server(**{"workdir": "work", "port": 9292, **settings})
    if debugger is None:
        service.run_rpc_service()
    else:
        service.run_debugger_service(gpu=debugger)
    return service._planned()


def test_the_service_of_the_old_examples_becomes_flags(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    flags = planned(model)
    assert (flags.model, flags.name, flags.port, flags.workdir) == ((model,), ("uci",), 9292, "work")
    assert (flags.thread, flags.host, flags.precision, flags.gpu_ids) == (4, "127.0.0.1", "fp32", ())
    assert not flags.mem_optim_off


def test_every_argument_reaches_its_flag(model: str) -> None:
    flags = planned(
        model,
        thread_num=2,
        mem_optim=False,
        ir_optim=True,
        runtime_thread_num=3,
        batch_infer_size=[8],
        precision="BF16",
    )
    assert (flags.thread, flags.runtime_thread_num, flags.batch_infer_size) == (2, (3,), (8,))
    assert (flags.mem_optim_off, flags.ir_optim, flags.precision, flags.use_mkl) == (True, True, "bf16", True)
    assert planned(model, port=0).port == 0
    lite = planned(model, use_lite=True)
    assert lite.use_lite
    assert planned(model, use_xpu=True).use_xpu


def test_what_only_a_gpu_has_is_left_out_on_a_cpu(model: str) -> None:
    cpu = planned(model, use_trt=True, gpu_multi_stream=True)
    assert (cpu.use_trt, cpu.gpu_multi_stream) == (False, False)
    gpu = planned(model, gpuid=0, use_trt=True, gpu_multi_stream=True, use_calib=True)
    assert (gpu.gpu_ids, gpu.use_trt, gpu.gpu_multi_stream, gpu.use_calib) == (("0",), True, True, True)


@pytest.mark.parametrize(
    ("gpus", "gpuid", "flag"),
    [
        ("0,1", None, ("0,1",)),
        (["0,1"], None, ("0,1",)),
        ("0", 2, ("2",)),
        (1, "-1", ()),
        ("", None, ()),
        ([], None, ()),
    ],
)
def test_gpus_are_set_in_two_ways(gpus: Any, gpuid: Any, flag: Any, model: str) -> None:
    assert planned(model, gpus=gpus, gpuid=gpuid).gpu_ids == flag


def test_the_debugger_serves_the_first_model_on_one_device(model: str, twin: str) -> None:
    assert planned([model, twin]).name == ("uci_0", "uci_1")
    assert planned([model, twin], debugger=False, gpuid="1,2", device="gpu").gpu_ids == ()
    on_gpu = planned([model, twin], debugger=True, gpus="1,2")
    assert (on_gpu.model, on_gpu.gpu_ids) == ((model,), ("1",))
    assert planned(model, debugger=True).gpu_ids == ("0",)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"device": "gpu"}, "device 'gpu' chooses no device by itself; give gpuid"),
        ({"thread_num": 0}, "thread_num must be a whole number from 1 up"),
        ({"port": 70000}, "'70000' is not one of 0..65535"),
        ({"precision": "fp64"}, "'fp64' is not one of"),
        ({"use_calib": True}, "--use_calib has no effect without --use_trt"),
        ({"batch_infer_size": 0}, "'0' is not one of"),
    ],
)
def test_what_cannot_be_honoured_is_refused(settings: dict[str, Any], says: str, model: str) -> None:
    with pytest.raises(BadInput) as caught:
        planned(model, **settings)
    assert says in str(caught.value)


def test_a_device_without_gpus_is_unsupported(model: str) -> None:
    with pytest.raises(Unsupported):
        planned(model, device="gpu")


def test_steps_out_of_order_are_named(model: str) -> None:
    service = WebService("uci")
    with pytest.raises(BadInput, match="call load_model_config and prepare_server first"):
        service.run_rpc_service()
    service.load_model_config(model)
    service.prepare_server("work")
    for run in (service.run_web_service, service.get_app_instance):
        with pytest.raises(BadInput, match="call run_rpc_service or run_debugger_service before this"):
            run()
    with pytest.raises(BadInput, match="without slashes"):
        WebService("a/b").prepare_server("work")


def test_models_are_opened_at_once(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        WebService().load_model_config(str(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelFileError):
        WebService().load_model_config([str(tmp_path / "empty")])
    with pytest.raises(BadInput, match="names no model"):
        WebService().load_model_config([])


def test_hooks_know_inputs_and_outputs_by_the_configuration(model: str, twin: str) -> None:
    service = WebService("uci")
    service.load_model_config([model, twin])
    assert (list(service.feed_vars), list(service.fetch_vars)) == (["x"], ["cost"])
    assert list(service.feed_vars["x"].shape) == [3]
    client = Path(twin) / "client.prototxt"
    text = (Path(twin) / "serving_server_conf.prototxt").read_text(encoding="utf-8")
    client.write_text(text.replace('"cost"', '"offer"'), encoding="utf-8")
    service.load_model_config(twin, client_config_path=str(client))
    assert list(service.fetch_vars) == ["offer"]
    assert service._config.fetch_names == ["offer"]


def test_without_hooks_instances_are_stacked_and_outputs_become_lists(model: str) -> None:
    service = WebService("uci")
    service.load_model_config(model)
    feed, fetch, is_batch = service.preprocess([{"x": [1, 2, 3]}, {"x": [[4], [5], [6]], "fetch": 1}], ["price"])
    assert (feed["x"].tolist(), fetch, is_batch) == ([[1, 2, 3], [4, 5, 6]], ["price"], True)
    assert service.preprocess({"x": [1, 2, 3]}, [])[0]["x"].shape == (1, 3)
    answer = service.postprocess(feed=[], fetch=[], fetch_map={"price": np.array([[1.5]])})
    assert answer == {"price": [[1.5]]}


@pytest.mark.parametrize(
    ("feed", "says"),
    [
        (3, "must be an array of objects"),
        ([1], "must be an array of objects"),
        ([], "is empty"),
        ([{}], "input 'x' of instance 0 is missing"),
        ([{"x": [1, 2, 3], "y": 1}], "input 'y' is unknown"),
        ([{"x": [1, 2, 3]}, {"x": [1]}, {"x": [[1]]}], "differs in shape"),
        ([{"x": [[1, 2], [3]]}], "its rows differ in length"),
    ],
)
def test_instances_that_are_wrong_are_named(feed: Any, says: str, model: str) -> None:
    service = WebService("uci")
    service.load_model_config(model)
    with pytest.raises(BadInput) as caught:
        service.preprocess(feed, [])
    assert says in str(caught.value)
