"""Every key that an old config.yml may have: read with its default, and told by the nearest where it is misspelt."""

from typing import Any

import pytest

from serving_kit.errors import BadInput
from serving_kit.pipeline.config import PipelineConfig

LOCAL = "op.uci.local_service_conf"
NEEDED: dict[str, Any] = {"http_port": 18082, f"{LOCAL}.model_config": "uci_model"}
# The key, what is given where it is left out, something else that it may be, and something that it may not be.
KEYS: list[tuple[str, Any, Any, Any]] = [
    ("rpc_port", None, 9998, 80),
    ("http_port", 18082, 18083, "many"),
    ("worker_num", 1, 4, 0),
    ("build_dag_each_worker", False, True, "often"),
    ("grpc_gateway_port", None, 8080, "none"),
    ("dag.is_thread_op", True, False, "some"),
    ("dag.retry", 1, 3, 0),
    ("dag.client_type", "brpc", "grpc", "http"),
    ("dag.use_profile", False, True, 2),
    ("dag.channel_size", 0, 16, -1),
    ("dag.channel_recv_frist_arrive", False, True, "first"),
    ("dag.tracer.interval_s", -1, 10, "often"),
    ("dag.enable_prometheus", False, True, "yes please"),
    ("dag.prometheus_port", None, 19393, 65536),
    ("op.uci.concurrency", None, 4, 0),
    ("op.uci.timeout", None, 3000, "long"),
    ("op.uci.retry", None, 2, 0),
    ("op.uci.batch_size", None, 8, 0),
    ("op.uci.auto_batching_timeout", None, 2000, "long"),
    ("op.uci.server_endpoints", (), ("127.0.0.1:9494",), 9494),
    ("op.uci.client_config", None, "client.prototxt", 1),
    ("op.uci.client_type", None, "pipeline_grpc", "http"),
    ("op.uci.fetch_list", (), ("price",), 1),
    ("op.uci.use_encryption_model", False, None, "maybe"),
    ("op.uci.encryption_key", "", "key", 1),
    (f"{LOCAL}.client_type", "local_predictor", "brpc", "http"),
    (f"{LOCAL}.model_config", "uci_model", "other", 1),
    (f"{LOCAL}.workdir", "", "work", 1),
    (f"{LOCAL}.thread_num", 2, 8, 0),
    (f"{LOCAL}.device_type", -1, 2, 7),
    (f"{LOCAL}.devices", "", "0,1", [0]),
    (f"{LOCAL}.fetch_list", (), ("price",), 1),
    (f"{LOCAL}.mem_optim", True, False, "some"),
    (f"{LOCAL}.ir_optim", False, True, "some"),
    (f"{LOCAL}.precision", "fp32", "bf16", "fp8"),
    (f"{LOCAL}.use_calib", False, True, "some"),
    (f"{LOCAL}.use_mkldnn", False, True, "some"),
    (f"{LOCAL}.mkldnn_cache_capacity", 0, 10, -1),
    (f"{LOCAL}.mkldnn_op_list", (), ("conv2d",), 1),
    (f"{LOCAL}.mkldnn_bf16_op_list", (), ("conv2d",), 1),
    (f"{LOCAL}.min_subgraph_size", 3, 30, 0),
]


def document(**changes: Any) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for key, value in (NEEDED | changes).items():
        *sections, last = key.split(".")
        inside = written
        for section in sections:
            inside = inside.setdefault(section, {})
        inside[last] = list(value) if isinstance(value, tuple) else value
    return written


def read(key: str, **changes: Any) -> Any:
    found: Any = PipelineConfig.of(document(**changes), "config.yml")
    for part in key.split("."):
        if isinstance(found, dict):
            found = found[part]
        else:
            names = {field.alias: name for name, field in type(found).model_fields.items()}
            found = getattr(found, names.get(part, part))
    return found


@pytest.mark.parametrize(
    ("key", "default", "other", "wrong"), KEYS, ids=lambda value: value if "." in str(value) else ""
)
def test_a_key_has_its_default_and_its_check(key: str, default: Any, other: Any, wrong: Any) -> None:
    assert read(key) == default
    if other is not None:
        assert read(key, **{key: other}) == other
    with pytest.raises(BadInput, match=rf"^config\.yml: {key}(\.\w+)?: .*, got ") as caught:
        read(key, **{key: wrong})
    assert repr(wrong) in str(caught.value)


@pytest.mark.parametrize("key", [key for key, *_ in KEYS])
def test_a_misspelt_key_is_told_with_the_nearest(key: str) -> None:
    misspelt = key[:-2] + key[-1] + key[-2] + "s"
    with pytest.raises(BadInput) as caught:
        read(key, **{misspelt: 1})
    assert str(caught.value) == f"config.yml: unknown key {misspelt}; did you mean {key}?"
