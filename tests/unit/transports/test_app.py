import asyncio
from unittest.mock import Mock

import numpy as np
import orjson
import pytest

from serving_kit.codecs import brpc_code
from serving_kit.errors import Kind, Overloaded
from serving_kit.transports.grpc import status as grpc_status
from serving_kit.transports.http import status
from serving_kit.types import Tensor
from tests.unit.served import GatedEngine, serve
from tests.unit.transports.asking import ROW, Asked
from tests.unit.transports.instant import instant


def question() -> bytes:
    return orjson.dumps({"tensor": [{"float_data": ROW, "elem_type": 1, "shape": [1, 13]}]})


def test_health_is_the_word_bRPC_says() -> None:  # noqa: N802
    answer = Asked().get("/health")
    assert (answer.status_code, answer.text) == (200, "OK")


def test_ready_lists_the_models() -> None:
    assert Asked().get("/ready").json() == {"ready": True, "models": ["uci_housing"]}


def test_metrics_count_what_was_asked() -> None:
    asked = Asked()
    asked.post("/GeneralModelService/inference", question())
    answer = asked.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'pd_query_request_success_total{model="uci_housing",version="0"} 1.0' in answer.text


def test_what_nobody_foresaw_is_500_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = Asked()
    monkeypatch.setattr(asked.service.models[0], "feeds", lambda _, **__: 1 // 0)
    answer = asked.post("/GeneralModelService/inference", question())
    assert (answer.status_code, "ZeroDivisionError" in answer.text) == (500, True)
    assert "POST /GeneralModelService/inference failed" in caplog.text


def test_every_kind_of_error_has_a_status_in_every_protocol() -> None:
    assert set(status.HTTP_STATUS) == set(grpc_status.CODES) == set(Kind)
    assert all(brpc_code.kind_of(brpc_code.code_of(kind)) is kind for kind in set(Kind) - {Kind.TOO_LARGE})


def scope(path: str) -> dict[str, object]:
    head = {"type": "http", "http_version": "1.1", "method": "POST", "path": path, "raw_path": path.encode()}
    return head | {"query_string": b"", "headers": [], "server": ("127.0.0.1", 1), "scheme": "http", "root_path": ""}


@pytest.mark.parametrize("leaves", ["before the body ends", "while it waits"])
def test_a_client_that_leaves_takes_its_request_along(leaves: str) -> None:
    engine = GatedEngine()
    model = serve(engine)
    asked = Asked(model)
    sent: list[dict[str, object]] = []
    body = {"type": "http.request", "body": question(), "more_body": leaves == "before the body ends"}

    async def leave() -> None:
        messages = iter([body, {"type": "http.disconnect"}])

        async def receive() -> dict[str, object]:
            return next(messages)

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        first = model.executor.submit({"x": Tensor(np.ones((1, 13), np.float32))})
        await asyncio.to_thread(engine.running.wait, 20)
        await asked.app(scope("/GeneralModelService/inference"), receive, send)  # type: ignore[arg-type]
        assert len(asyncio.all_tasks()) == 1
        engine.gate.set()
        await first

    asyncio.run(leave())
    model.executor.close()
    assert engine.runs == 1
    assert sent[0]["status"] == status.CLIENT_CLOSED_REQUEST


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v2/models/uci_housing/infer", 429),
        ("/GeneralModelService/inference", 503),
        ("/uci_housing/prediction", 429),
    ],
)
def test_where_the_queue_is_full_nobody_reads_a_request_only_to_refuse_it(path: str, status: int) -> None:
    model = instant()
    full = Overloaded("1 requests are already waiting for this model; try again later")
    model.executor.check_room = Mock(side_effect=full)  # type: ignore[method-assign]
    answer = Asked(model).post(path, b"{ no JSON at all")
    assert (answer.status_code, answer.headers["retry-after"]) == (status, "1")
    assert str(full) in answer.text
    assert (model.statistics.fail.count, model.statistics.queries[1]) == (1, 1)
