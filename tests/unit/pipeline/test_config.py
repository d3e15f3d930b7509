from pathlib import Path
from typing import Any

import pytest
import yaml

from serving_kit.errors import BadInput
from serving_kit.pipeline.config import PipelineConfig
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.running import Remote, Running

OLD = """
worker_num: 1
http_port: 18082
rpc_port: 9998
dag:
    is_thread_op: False
    tracer:
        interval_s: 10
op:
    uci:
        concurrency: 2
        timeout: 3000
        retry: 2
        batch_size: 4
        auto_batching_timeout: 2000
        local_service_conf:
            client_type: local_predictor
            model_config: uci_housing_model
            devices: 0
            fetch_list: ["price"]
    remote:
        server_endpoints: ["127.0.0.1:9494"]
        client_config: serving_client_conf.prototxt
        fetch_list: ["prediction"]
"""


def of(**changes: Any) -> PipelineConfig:
    return PipelineConfig.of({"http_port": 18082, **changes}, "config.yml")


def test_an_old_file_is_read_with_its_defaults(tmp_path: Path) -> None:
    path = tmp_path / "config.yml"
    path.write_text(OLD)
    config = PipelineConfig.read(path)
    assert (config.rpc_port, config.http_port, config.worker_num, config.build_dag_each_worker) == (
        9998,
        18082,
        1,
        False,
    )
    assert (config.dag.is_thread_op, config.dag.retry, config.dag.client_type, config.dag.channel_size) == (
        False,
        1,
        "brpc",
        0,
    )
    assert config.dag.tracer.interval_s == 10
    local = config.op["uci"].local_service_conf
    assert local is not None
    assert (local.model_directory, local.devices, local.fetch_list) == ("uci_housing_model", "0", ("price",))
    assert (local.thread_num, local.device_type, local.mem_optim, local.ir_optim, local.precision) == (
        2,
        -1,
        True,
        False,
        "fp32",
    )
    assert config.op["remote"].local_service_conf is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"http_port": None}, "rpc_port and http_port are both absent"),
        ({"http_port": 80}, "http_port: Input should be greater than or equal to 1024, got 80"),
        ({"rpc_port": 65536}, "rpc_port: Input should be less than or equal to 65535, got 65536"),
        ({"worker_num": 0}, "worker_num: Input should be greater than or equal to 1, got 0"),
        ({"worker_nums": 1}, "unknown key worker_nums; did you mean worker_num?"),
        ({"dag": {"is_tread_op": True}}, "unknown key dag.is_tread_op; did you mean dag.is_thread_op?"),
        ({"dag": {"tracer": {"interval": 1}}}, "unknown key dag.tracer.interval; did you mean dag.tracer.interval_s?"),
        ({"dag": {"client_type": "http"}}, "dag.client_type: Input should be 'brpc' or 'grpc', got 'http'"),
        ({"op": {"a": {"concurency": 1}}}, "unknown key op.a.concurency; did you mean op.a.concurrency?"),
        ({"op": {"a": {"local_service_conf": {}}}}, "op.a.local_service_conf.model_config: Field required"),
        (
            {"op": {"a": {"local_service_conf": {"modelconfig": "m"}}}},
            "unknown key op.a.local_service_conf.modelconfig; did you mean op.a.local_service_conf.model_config?",
        ),
        (
            {"op": {"a": {"local_service_conf": {"model_config": "m", "device": "0"}}}},
            "unknown key op.a.local_service_conf.device; did you mean op.a.local_service_conf.devices?",
        ),
        ({"op": {"a": {"zzz": 1}}}, "unknown key op.a.zzz; known here: auto_batching_timeout, batch_size"),
        (
            {"op": {"dag": {"shadow": {"mode": "m"}}}},
            "unknown key op.dag.shadow.mode; did you mean op.dag.shadow.model?",
        ),
        (
            {"op": {"a": {"variants": {"model": {"weigth": 1, "model": "m"}}}}},
            "unknown key op.a.variants.model.weigth; did you mean op.a.variants.model.weight?",
        ),
        (
            {
                "op": {
                    "a": {"variants": {"v": {"weight": 1, "local_service_conf": {"model_config": "m", "tread_num": 1}}}}
                }
            },
            "op.a.variants.v.local_service_conf.tread_num; did you mean op.a.variants.v.local_service_conf.thread_num?",
        ),
        ({"op": {"a": {"variants": {"v": {"weight": 1}}}}}, "op.a.variants.v: give one of model, local_service_conf"),
        (
            {"op": {"a": {"variants": {"v": {"weight": -1, "model": "m"}}}}},
            "op.a.variants.v.weight: Input should be greater than or equal to 0, got -1",
        ),
        ({"op": {"a": {"variants": {"v": {"weight": 0, "model": "m"}}}}}, "op.a: every variant has the weight 0"),
        (
            {"op": {"a": {"model": "m", "variants": {"v": {"weight": 1, "model": "m"}}}}},
            "op.a: model and variants both say what is asked",
        ),
        (
            {"op": {"a": {"variants": {"shadow": {"weight": 1, "model": "m"}}}}},
            "op.a: a variant cannot be called shadow",
        ),
        (
            {"op": {"a": {"cache_bytes": 9, "variants": {"v": {"weight": 1, "model": "m"}}}}},
            "op.a: an answer kept from one variant would be given for another",
        ),
        (
            {"op": {"a": {"model": "m", "local_service_conf": {"model_config": "m"}}}},
            "op.a: model and local_service_conf both name a model",
        ),
        ({"op": {"a": {"model": "m", "engine": "tensorrt"}}}, "op.a.engine: Input should be 'paddle', 'onnxruntime'"),
        (
            {"op": {"a": {"engine": "auto", "local_service_conf": {"model_config": "m"}}}},
            "op.a: engine stands beside model; write it into local_service_conf",
        ),
        (
            {"op": {"a": {"shadow": {"model": "m", "outstanding": 0}}}},
            "op.a.shadow.outstanding: Input should be greater",
        ),
    ],
)
def test_a_wrong_key_is_named_with_what_was_expected(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput) as caught:
        of(**changes)
    assert said in str(caught.value)
    assert str(caught.value).startswith("config.yml: ")


@pytest.mark.parametrize("text", ["a: [", "- 1", ""])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.yml"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"config\.yml"):
        PipelineConfig.read(path)
    with pytest.raises(BadInput, match="cannot be read as YAML: No such file"):
        PipelineConfig.read(tmp_path / "other.yml")


def running(op: Op, name: str = "uci") -> Running:
    config = PipelineConfig.of(yaml.safe_load(OLD))
    return Running.of(op, config.op[name], config.dag)


def test_an_op_takes_what_it_does_not_say_itself_from_its_section() -> None:
    found = running(Op("uci"))
    assert (found.concurrency, found.timeout_s, found.attempts, found.batch_size, found.wait_s) == (2, 3.0, 2, 4, 2.0)
    assert found.fetch == ("price",)
    assert found.local is not None
    assert found.remote is None
    own = running(Op("uci", concurrency=5, timeout=-1, retry=3, batch_size=1, fetch_list=["other"]))
    assert (own.concurrency, own.timeout_s, own.attempts, own.batch_size, own.wait_s) == (5, None, 3, 1, 0.0)
    assert own.fetch == ("other",)


def test_an_op_with_endpoints_asks_them_over_the_protocol_of_its_section_or_of_the_dag() -> None:
    found = running(Op("remote"), "remote")
    assert found.local is None
    assert found.remote is not None
    assert (found.remote.endpoints, found.remote.protocol) == (("127.0.0.1:9494",), "brpc")
    assert found.remote.client_config == ("serving_client_conf.prototxt",)
    own = running(Op("uci", server_endpoints=["a:1"], client_type="grpc"))
    assert own.remote is not None
    assert (own.remote.endpoints, own.remote.protocol, own.local) == (("a:1",), "grpc", None)


def test_a_model_may_be_named_by_its_folder_alone() -> None:
    config = of(op={"uci": {"model": "m", "cache_bytes": 10}})
    found = Running.of(Op("uci"), config.op["uci"], config.dag)
    assert found.local is not None
    assert (found.local.model_directory, found.local.ir_optim, found.cache_bytes) == ("m", True, 10)


def test_variants_and_a_shadow_take_the_ops_protocol_where_they_name_none() -> None:
    section = {
        "client_type": "grpc",
        "client_config": "op.prototxt",
        "variants": {
            "old": {"weight": 90, "server_endpoints": ["a:1"]},
            "new": {"weight": 10, "server_endpoints": ["b:1"], "client_type": "brpc", "client_config": "new.prototxt"},
        },
        "shadow": {"model": "m", "concurrency": 2, "outstanding": 5},
    }
    config = of(op={"uci": section})
    found = Running.of(Op("uci"), config.op["uci"], config.dag)
    old, new = found.variants["old"], found.variants["new"]
    assert (old.weight, old.local, old.remote) == (90, None, Remote(("a:1",), "grpc", ("op.prototxt",)))
    assert (new.weight, new.local, new.remote) == (10, None, Remote(("b:1",), "brpc", ("new.prototxt",)))
    assert found.shadow is not None
    assert (found.shadow.remote, found.shadow.concurrency, found.shadow.outstanding) == (None, 2, 5)
    assert (found.remote, found.local) == (None, None)
    with pytest.raises(BadInput, match="op 'uci' has server_endpoints and its section variants"):
        Running.of(Op("uci", server_endpoints=["c:1"]), config.op["uci"], config.dag)


def test_an_encrypted_model_needs_its_key() -> None:
    with pytest.raises(BadInput, match="use_encryption_model needs encryption_key"):
        of(op={"uci": {"server_endpoints": ["127.0.0.1:9494"], "use_encryption_model": True}})
