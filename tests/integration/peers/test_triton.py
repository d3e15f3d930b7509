"""tritonclient, as it is on the registry: HTTP and gRPC, for threads, for coroutines and as a stream."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.peers.conftest import Answers
from tests.integration.peers.models import TYPES
from tests.peers.native import Peer

pytestmark = pytest.mark.integration


def _refused(code: object, text: str) -> dict[str, str]:
    return {"raised": "InferenceServerException", "text": f"[{code}] {text}"}


def _described(name: str, variable: str, shape: list[int]) -> dict[str, Any]:
    return {"name": name, "datatype": "FP32", "shape": shape, "parameters": {"variable": variable, "lod": False}}


AIO = ("together", "every_type", "unknown_model")
TOTALS = [[7.0], [16.0]]
READY = dict.fromkeys(("adder", "mirror", "text", "words"), "READY")
GIVEN = {
    "without_outputs": TOTALS,
    "gzip": TOTALS,
    "deflate": TOTALS,
    "version_and_id": ["adder", "1", "seven"],
    "every_type": dict.fromkeys(map(str.lower, TYPES), True),
    "outputs_in_the_order_asked": ["same_int64", "same_fp16"],
    "texts": list("a\0é\0".encode()),
    "together": [TOTALS] * 8,
    "bfloat16_is_widened": TOTALS,
    "parameters_of_other_servers": TOTALS,
    "time_enough": TOTALS,
    "a_large_request": [[6000000, 1], True],
    "health": [True, True, True],
    "statistics": [2, 1],  # two rows in one run
    "repository": [READY, READY | {"words": "UNAVAILABLE"}, False, READY, True],
}
NAME = {"name": "adder", "platform": "paddle 3.2.2"}
SERVER = {
    "name": "serving-kit",
    "version": "0.1.0",
    "extensions": ["binary_tensor_data", "model_configuration", "statistics", "model_repository"],
}
UNKNOWN = "model 'nope' is not served here; this server has ['adder', 'mirror', 'text', 'words']"
REFUSALS = {
    "unknown_model": (404, "NOT_FOUND", UNKNOWN),
    "shared_memory": (
        400,
        "INVALID_ARGUMENT",
        "input 'x': parameter shared_memory_region is not taken; send the values with the request, "
        "and read them in the answer",
    ),
    "classification": (
        400,
        "INVALID_ARGUMENT",
        "output 'total': parameter classification is not taken; ask for the values and sort them",
    ),
    "unknown_version": (404, "NOT_FOUND", "model 'adder' has version 1 only, not '2'"),
    "load_with_a_configuration": (
        400,
        "INVALID_ARGUMENT",
        "parameter 'config' is not taken; a model is loaded from the directory it was started with",
    ),
    "wrong_shape": (400, "INVALID_ARGUMENT", "input 'x' must have shape [-1, 3] (-1: any), got [2, 2]"),
    "wrong_type": (400, "INVALID_ARGUMENT", "input 'x' must be FP32, got INT64"),
    "unknown_output": (400, "INVALID_ARGUMENT", "output 'nope' is unknown; model 'adder' gives 'total'"),
}
HTTP_REFUSALS = {name: _refused(code, text) for name, (code, _, text) in REFUSALS.items()}
GRPC_REFUSALS = {name: _refused(f"StatusCode.{code}", text) for name, (_, code, text) in REFUSALS.items()}
EXPECTED: dict[str, Answers] = {
    "triton_http.py": {
        **GIVEN,
        **HTTP_REFUSALS,
        "as_json": TOTALS,
        "as_binary": TOTALS,
        "a_model_that_is_not_there_is_not_ready": False,
        "metadata": [
            SERVER,
            {
                **NAME,
                "versions": ["1"],
                "inputs": [_described("x", "input", [-1, 3])],
                "outputs": [_described("total", "fetch_name_0", [-1, 1])],
            },
        ],
        "config": {
            **NAME,
            "backend": "paddle",
            "max_batch_size": 1024,
            "input": [{"name": "x", "data_type": "TYPE_FP32", "dims": [3]}],
            "output": [{"name": "total", "data_type": "TYPE_FP32", "dims": [1]}],
        },
    },
    "triton_grpc.py": {
        **GIVEN,
        **GRPC_REFUSALS,
        "once": TOTALS,
        "stream": [TOTALS, UNKNOWN, TOTALS],
        "a_model_that_is_not_there_is_not_ready": GRPC_REFUSALS["unknown_model"],
        "metadata": [
            SERVER,
            {
                **NAME,
                "versions": ["1"],
                "inputs": [{"name": "x", "datatype": "FP32", "shape": ["-1", "3"]}],
                "outputs": [{"name": "total", "datatype": "FP32", "shape": ["-1", "1"]}],
            },
        ],
        "config": {
            "config": {
                **NAME,
                "backend": "paddle",
                "max_batch_size": 1024,
                "input": [{"name": "x", "data_type": "TYPE_FP32", "dims": ["3"]}],
                "output": [{"name": "total", "data_type": "TYPE_FP32", "dims": ["1"]}],
            }
        },
    },
    "triton_http_aio.py": {name: (GIVEN | HTTP_REFUSALS)[name] for name in AIO} | {"gzip": TOTALS},
    "triton_grpc_aio.py": {name: (GIVEN | GRPC_REFUSALS)[name] for name in AIO} | {"stream": [TOTALS, UNKNOWN, TOTALS]},
}


@pytest.mark.parametrize("script", EXPECTED)
def test_every_call_gives_what_its_caller_expects(
    triton: Peer, asked: Callable[[Peer, str], Answers], script: str
) -> None:
    answers = asked(triton, script)
    if script == "triton_http.py":
        answers["metadata"][1].pop("parameters")  # where the weights are from: not the protocol's
    assert answers == EXPECTED[script]
