"""What an op asks that has its model behind servers, in every protocol against real ones."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import serving_kit
from serving_kit.clients.op_client import OpClient, op_client
from serving_kit.codecs.pipeline_code import PipelineError
from serving_kit.errors import BadInput, Unavailable
from tests.integration.clients.way import total_of

pytestmark = pytest.mark.integration

X = np.array([[1.0, 2, 3], [4, 5, 6]])  # float64, which the model does not take
WAYS = ("brpc", "grpc", "http://", "grpc://", "brpc://")


def opened(way: str, adder: Path, *ports: int, **options: Any) -> OpClient:
    """Return an op's client of servers on ports of this machine, by a protocol or by addresses with a scheme."""
    scheme = way if way.endswith("://") else ""
    config = () if scheme else (str(adder / "serving_client"),)
    protocol = "brpc" if scheme else way
    return op_client([f"{scheme}127.0.0.1:{port}" for port in ports], protocol, config, **options)


def given(way: str, array: np.ndarray) -> np.ndarray:
    """Return what an op feeds: over bRPC without a configuration nobody tells the model's type."""
    return array.astype(np.float32) if way == "brpc://" else array


@pytest.mark.parametrize("way", WAYS)
def test_the_answer_is_right_in_the_models_own_type(adder: Path, adder_server: serving_kit.Server, way: str) -> None:
    with closing(opened(way, adder, adder_server.port, fetch=["total"])) as client:
        answer = client.predict({"x": given(way, X)}, log_id=7)
        one = client.predict({"x": given(way, X[0])}, ["total"], batch=False)
    assert set(answer) == set(one) == {"total"}
    np.testing.assert_array_equal(answer["total"], total_of(X).astype(np.float32), strict=True)
    assert one["total"].tolist() == [[6.0]]


@pytest.mark.parametrize("way", WAYS)
def test_a_refusal_names_what_is_wrong(adder: Path, adder_server: serving_kit.Server, way: str) -> None:
    with closing(opened(way, adder, adder_server.port)) as client:
        with pytest.raises(BadInput, match=r"input 'x' must have shape \[-1, 3\] \(-1: any\), got \[2, 2\]"):
            client.predict({"x": given(way, X[:, :2])})
        with pytest.raises(BadInput, match="'y'"):
            client.predict({"y": given(way, X)})
        with pytest.raises(BadInput, match="'price'"):
            client.predict({"x": given(way, X)}, ["price"])


@pytest.mark.parametrize("way", WAYS)
def test_the_threads_of_an_op_share_it(adder: Path, adder_server: serving_kit.Server, way: str) -> None:
    questions = [given(way, np.full((1 + number % 3, 3), float(number))) for number in range(60)]
    with closing(opened(way, adder, adder_server.port)) as client, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda x: client.predict({"x": x})["total"], questions))
    for question, answer in zip(questions, answers, strict=True):
        np.testing.assert_array_equal(answer, total_of(question))


def test_a_server_that_dies_is_passed_over_and_none_is_an_error(adder: Path, adder_server: serving_kit.Server) -> None:
    with serving_kit.start(adder) as other:
        clients = {way: opened(way, adder, adder_server.port, other.port) for way in WAYS}
        lonely = {way: opened(way, adder, other.port) for way in WAYS}
        for way, client in (*clients.items(), *lonely.items()):
            for _ in range(4):
                client.predict({"x": given(way, X)})
    for way, client in clients.items():
        with closing(client):
            for _ in range(8):
                np.testing.assert_array_equal(client.predict({"x": given(way, X)})["total"], total_of(X), err_msg=way)
    for way, client in lonely.items():
        with closing(client), pytest.raises(Unavailable, match="no server answers at"):
            client.predict({"x": given(way, X)})


FUNCTIONS = """
def split(numbers):
    return {"x": [[float(number) for number in numbers.split(",")]]}
"""
STEPS = """
name: adding
steps:
  - {{name: split, call: "functions:split"}}
  - {{name: total, model: "{model}"}}
"""


@pytest.fixture
def pipeline(adder: Path, tmp_path: Path) -> Iterator[serving_kit.Server]:
    (tmp_path / "functions.py").write_text(FUNCTIONS, encoding="utf-8")
    (tmp_path / "steps.yml").write_text(STEPS.format(model=adder / "serving_server"), encoding="utf-8")
    with serving_kit.start_pipeline(tmp_path / "steps.yml") as server:
        yield server


def test_another_pipeline_answers_in_lists_of_text(pipeline: serving_kit.Server) -> None:
    with closing(op_client([f"127.0.0.1:{pipeline.port}"], "pipeline_grpc")) as client:
        answer = client.predict({"numbers": "1,2,3"})
        with pytest.raises(PipelineError, match="step 'split': could not convert string to float: 'one'") as caught:
            client.predict({"numbers": "one"})
    assert answer == {"total": ["array([[6.]], dtype=float32)"]}
    assert caught.value.err_no != 0
