"""The Open Inference Protocol's OpenAPI document as KServe's own server gives it, held against this one."""

import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.hooks import HookContext
from schemathesis.specs.openapi.checks import response_schema_conformance

from serving_kit.service.service import Service
from serving_kit.transports.http.models import models_app
from tests.integration.peers.conftest import SCRIPTS, run
from tests.peers.native import Peer
from tests.unit.served import LinearEngine, serve

pytestmark = pytest.mark.integration

MODEL = "uci_housing"
X = {"name": "x", "shape": [1, 13], "datatype": "FP32", "data": [0.5] * 13}


@pytest.fixture(scope="module")
def document(kserve: Peer) -> dict[str, Any]:
    done = run(kserve, "-W", "ignore", Path(SCRIPTS) / "kserve_document.py")
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


@pytest.fixture
def theirs(document: dict[str, Any]) -> Any:
    """KServe's document, to be asked of this server's application."""
    service = Service([serve(LinearEngine(), MODEL)], load=lambda name: serve(LinearEngine(), name))
    schema = schemathesis.openapi.from_dict(document)
    schema.app = models_app(service)

    @schema.hook
    def map_path_parameters(_: HookContext, path_parameters: dict[str, str] | None) -> dict[str, str] | None:
        return path_parameters and path_parameters | {"model_name": MODEL, "model_version": "1"}

    return schema


def test_every_answer_has_the_form_that_kserve_documents(theirs: Any) -> None:
    operations = [found.ok() for found in theirs.get_all_operations()]
    assert len(operations) >= 10
    for operation in operations:

        @settings(max_examples=15, derandomize=True, deadline=None, database=None)
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=[not_a_server_error, response_schema_conformance])

        ask()


def test_an_inference_has_the_form_that_kserve_documents(theirs: Any) -> None:
    infer = theirs["/v2/models/{model_name}/infer"]["POST"]
    case = infer.Case(path_parameters={"model_name": MODEL}, body={"inputs": [X]}, media_type="application/json")
    answer = case.call()
    assert answer.status_code == 200, answer.text
    case.validate_response(answer, checks=[response_schema_conformance])
