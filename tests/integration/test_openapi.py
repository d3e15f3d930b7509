"""Whatever is sent to the routes of the OpenAPI document, fitting or not, is answered as the document says."""

from typing import Any

import pytest
import schemathesis
from hypothesis import settings
from schemathesis.hooks import HookContext
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from serving_kit.metrics.counters import Metrics
from serving_kit.service.service import Service
from serving_kit.transports.http.models import models_app
from tests.unit.served import LinearEngine, serve

pytestmark = pytest.mark.integration

MODEL = "uci_housing"
APP = models_app(Service([serve(LinearEngine(), MODEL)], Metrics()))
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", APP)
EXAMPLES = settings(max_examples=40, derandomize=True, database=None)
# A document cannot say which tensors a model takes: what fits the document may still be refused.
PASSED_OVER: list[Any] = [positive_data_acceptance]

ROW = [0.5] * 13
TENSOR = {"name": "x", "shape": [1, 13], "datatype": "FP32", "data": ROW}
GENERAL = "/GeneralModelService/{method}"
RIGHT: dict[str, tuple[dict[str, Any], Any]] = {
    GENERAL: (
        {"method": "inference"},
        {"tensor": [{"float_data": ROW, "elem_type": 1, "shape": [1, 13]}], "fetch_var_names": ["price"]},
    ),
    "/v2/models/{model}/infer": ({"model": MODEL}, {"inputs": [TENSOR], "outputs": [{"name": "price"}]}),
    "/{name}/prediction": ({"name": MODEL}, {"feed": [{"features": ROW}], "fetch": ["price"]}),
}


@SCHEMA.hook
def map_path_parameters(_: HookContext, path_parameters: dict[str, str] | None) -> dict[str, str] | None:
    """Ask for the model that is there in half of the requests, else nearly all would be for models that are not."""
    if path_parameters and len(path_parameters.get("model", "")) % 2:
        return path_parameters | {"model": MODEL}
    return path_parameters


@SCHEMA.parametrize()
@EXAMPLES
def test_every_answer_is_as_documented(case: "schemathesis.Case[Any]") -> None:
    takes_put_for_post = case.path == GENERAL  # as bRPC does
    case.call_and_validate(excluded_checks=PASSED_OVER + [unsupported_method] * takes_put_for_post)


@pytest.mark.parametrize("path", RIGHT)
def test_an_inference_is_answered_as_documented(path: str) -> None:
    path_parameters, body = RIGHT[path]
    case = SCHEMA[path]["POST"].Case(
        path_parameters=path_parameters, body=body, media_type="application/json", headers={}
    )
    answer = case.call_and_validate(excluded_checks=PASSED_OVER)
    assert answer.status_code == 200
    assert "6.5" in answer.text
