"""`serving-kit pipeline FILE`: steps with a real model, over every door."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

import serving_kit
from serving_kit.clients import PipelineClient
from serving_kit.errors import BadInput
from tests.linear import write_linear

pytestmark = pytest.mark.integration

ROW = ",".join(["0.5"] * 13)  # the model's sum of it is 6.5

STEPS = """
def split(x):
    return {"x": [[float(number) for number in x.split(",")]]}


def tell(price, request):
    return {"price": float(price[0, 0]), "of": request["x"][:3]}
"""
PIPELINE = """
name: house
steps:
  - {name: split, call: "functions:split"}
  - {name: price, model: ./linear/serving_server}
  - {call: "functions:tell", inputs: [price, request]}
"""


TWO = """
name: ab
steps:
  - name: price
    variants:
      old: {model: ./old/serving_server, weight: 1}
      new: {model: ./new/serving_server, weight: 0}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving_kit.Server]:
    folder = tmp_path_factory.mktemp("steps")
    write_linear(folder / "linear", 13, feed="x", fetch="price")
    (folder / "functions.py").write_text(STEPS)
    (folder / "pipeline.yml").write_text(PIPELINE)
    with serving_kit.start_pipeline(folder / "pipeline.yml") as started:
        yield started


def test_http_answers_with_text_and_with_values(server: serving_kit.Server) -> None:
    asked = {"key": ["x"], "value": [ROW]}
    typed = httpx.post(
        f"{server.url}/house/prediction", json=asked, headers={"accept": "application/vnd.serving-kit+json"}
    )
    assert typed.json() == {"values": {"price": pytest.approx(6.5), "of": "0.5"}}


def test_grpc_on_the_same_port(server: serving_kit.Server) -> None:
    with PipelineClient() as client:
        client.connect([f"127.0.0.1:{server.port}"])
        answer = client.predict({"x": ROW})
        assert (answer.err_no, list(answer.key)) == (0, ["price", "of"])


def test_one_model_of_the_open_inference_protocol(server: serving_kit.Server) -> None:
    with serving_kit.connect(server.url, model="house") as client:
        np.testing.assert_allclose(client.predict({"x": np.array([ROW], object)})["price"], 6.5, rtol=1e-6)


def test_the_page_and_the_figures(server: serving_kit.Server) -> None:
    assert "<svg" in httpx.get(f"{server.url}/pipeline/graph.svg").text
    assert "/pipeline/graph.svg" in httpx.get(f"{server.url}/pipeline").text
    assert list(httpx.get(f"{server.url}/pipeline/figures").json()["ops"]) == ["split", "price", "tell"]


def test_what_is_wrong_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.yml"
    file.write_text("name: house\nsteps: [{modle: ./linear}]\n")
    with pytest.raises(BadInput, match="modle"):
        serving_kit.start_pipeline(file)


def test_weights_change_while_it_runs(server: serving_kit.Server, tmp_path: Path) -> None:
    write_linear(tmp_path / "old", 13, feed="x", fetch="price")
    write_linear(tmp_path / "new", 13, feed="x", fetch="price", bias=100.0)
    file = tmp_path / "pipeline.yml"
    file.write_text(TWO)
    with (
        serving_kit.start_pipeline(file, flags=["--control"]) as ab,
        serving_kit.connect(ab.url, model="ab") as client,
    ):
        row = {"x": np.full((1, 13), 0.5, np.float32)}
        assert client.predict(row)["price"].item() == pytest.approx(6.5)
        answer = httpx.put(f"{ab.url}/pipeline/variants/price", json={"old": 0, "new": 1})
        assert answer.json() == {"old": 0, "new": 1}
        assert client.predict(row)["price"].item() == pytest.approx(106.5)
        assert httpx.put(f"{ab.url}/pipeline/variants/prise", json={}).status_code == 404
        assert httpx.put(f"{ab.url}/pipeline/variants/price", json={"newer": 1}).status_code == 400
