"""Whatever is sent to the routes of a pipeline's OpenAPI document, fitting or not, is answered as the document says."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import settings
from schemathesis.hooks import HookContext
from schemathesis.specs.openapi.checks import positive_data_acceptance

import serving_kit
from serving_kit.pipeline.config import PipelineConfig
from serving_kit.pipeline.ends import RequestOp, ResponseOp
from serving_kit.pipeline.model import PipelineModel
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.pipeline import Pipeline
from serving_kit.service.service import Service
from serving_kit.transports.http.app import create_app
from serving_kit.transports.http.pipeline import PipelineRoutes
from serving_kit.transports.http.pipeline_pages import pages
from tests.linear import write_linear

pytestmark = pytest.mark.integration

PIPELINE = """
name: house
steps:
  - name: price
    variants:
      old: {model: ./old/serving_server, weight: 1}
      new: {model: ./new/serving_server, weight: 1}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving_kit.Server]:
    folder = tmp_path_factory.mktemp("openapi")
    for variant in ("old", "new"):
        write_linear(folder / variant, 13, feed="x", fetch="price")
    (folder / "pipeline.yml").write_text(PIPELINE)
    with serving_kit.start_pipeline(folder / "pipeline.yml", flags=["--control"]) as started:
        yield started


def document() -> dict[str, Any]:
    """Return what the server tells of its routes, as one that is not started does too."""
    response = ResponseOp([Op("price", input_ops=[RequestOp()])])
    pipeline = Pipeline("house", response, PipelineConfig(http_port=18082), lambda *_: None)
    routers = [pages(pipeline, is_controlled=True), PipelineRoutes(pipeline, 1).router]
    app = create_app(Service([PipelineModel(pipeline, name="house")]), routers)
    told: dict[str, Any] = schemathesis.openapi.from_asgi("/openapi.json", app).raw_schema
    return told


SCHEMA = schemathesis.openapi.from_dict(document())
EXAMPLES = settings(max_examples=40, derandomize=True, database=None)
# A document cannot say which ops, variants and tensors there are: what fits the document may still be refused.
PASSED_OVER: list[Any] = [positive_data_acceptance]


@SCHEMA.hook
def map_path_parameters(_: HookContext, path_parameters: dict[str, str] | None) -> dict[str, str] | None:
    """Ask for what is there in half of the requests, else nearly all would be for what is not."""
    there = {"model": "house", "name": "house", "op": "price"}
    return path_parameters and {
        name: there.get(name, value) if len(value) % 2 else value for name, value in path_parameters.items()
    }


@SCHEMA.parametrize()
@EXAMPLES
def test_every_answer_is_as_documented(server: serving_kit.Server, case: "schemathesis.Case[Any]") -> None:
    case.call_and_validate(base_url=server.url, excluded_checks=PASSED_OVER)


ROW = ",".join(["0.5"] * 13)
TENSOR = {"name": "x", "shape": [1, 13], "datatype": "FP32", "data": [0.5] * 13}
RIGHT: dict[tuple[str, str], tuple[dict[str, Any], Any, str]] = {
    ("/{name}/{method}", "POST"): ({"name": "house", "method": "any"}, {"key": ["x"], "value": [ROW]}, "6.5"),
    ("/v2/models/{model}/infer", "POST"): ({"model": "house"}, {"inputs": [TENSOR]}, "6.5"),
    ("/pipeline/variants/{op}", "PUT"): ({"op": "price"}, {"old": 1, "new": 0.5}, '{"old":1,"new":0.5}'),
}


@pytest.mark.parametrize(("path", "verb"), RIGHT)
def test_what_is_right_is_answered_as_documented(server: serving_kit.Server, path: str, verb: str) -> None:
    path_parameters, body, said = RIGHT[path, verb]
    case = SCHEMA[path][verb].Case(
        path_parameters=path_parameters, body=body, media_type="application/json", headers={}
    )
    answer = case.call_and_validate(base_url=server.url, excluded_checks=PASSED_OVER)
    assert answer.status_code == 200
    assert said in answer.text


def test_the_document_is_the_servers(server: serving_kit.Server) -> None:
    assert httpx.get(f"{server.url}/openapi.json").json() == document()
