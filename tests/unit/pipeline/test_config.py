from pathlib import Path
from typing import Any

import pytest
import yaml

from serving_kit.errors import BadInput
from serving_kit.pipeline.config import PipelineConfig
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.running import Running

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
        ({"op": {"a": {"local_service_conf": {"model": "m"}}}}, "op.a.local_service_conf.model_config: Field required"),
        (
            {"op": {"a": {"local_service_conf": {"model_config": "m", "device": "0"}}}},
            "unknown key op.a.local_service_conf.device; did you mean op.a.local_service_conf.devices?",
        ),
        ({"op": {"a": {"zzz": 1}}}, "unknown key op.a.zzz; known here: auto_batching_timeout, batch_size"),
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
