"""Hooks before and after a model, over the application that has them."""

import asyncio
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import orjson
import pytest

from serving_kit.clients.config import ClientConfig
from serving_kit.errors import NotFound, Overloaded
from serving_kit.serve.hooked_model import HookedModel
from serving_kit.service.service import Service
from serving_kit.transports.http.hooked_lane import hooked_app
from tests.unit.served import EchoEngine, FailingEngine, FakeEngine, GatedEngine, LinearEngine, serve

ROW = [0.5] * 13  # its price is 6.5
FEED = {"feed": [{"x": ROW}], "fetch": ["price"]}


def hooks(preprocess: Callable[..., Any] | None = None, postprocess: Callable[..., Any] | None = None) -> Any:
    """Hooks of the service `uci`, those of the quick start where none are given."""

    def stack(feed: Any = (), fetch: Any = ()) -> Any:
        return {"features": np.array([one["x"] for one in feed])}, fetch, True

    def plain(feed: Any = (), fetch: Any = (), fetch_map: Any = None) -> Any:
        return {name: value.tolist() for name, value in fetch_map.items()}

    return SimpleNamespace(name="uci", preprocess=preprocess or stack, postprocess=postprocess or plain)


class Asked:
    """An application in this process, of one model behind hooks."""

    def __init__(self, given: Any = None, engine: FakeEngine | None = None, limit: int = 8) -> None:
        engine = engine or LinearEngine()
        service = Service([serve(engine)])
        self.hooked = HookedModel(given or hooks(), service, ClientConfig(engine.inputs, engine.outputs), limit)
        self.app = hooked_app(service, self.hooked, max_body_bytes=20_000)

    def post(self, document: Any, path: str = "/uci/prediction") -> httpx.Response:
        return asyncio.run(self.send(document, path))

    async def send(self, document: Any, path: str = "/uci/prediction") -> httpx.Response:
        content = document if isinstance(document, bytes) else orjson.dumps(document)
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.7:9393") as client:
            return await client.post(path, content=content)

    async def send_all(self, *documents: Any) -> list[httpx.Response]:
        return await asyncio.gather(*map(self.send, documents))


def returning(*values: Any) -> Any:
    return hooks(lambda feed=(), fetch=(): tuple(values))


def raising(error: Exception) -> Callable[..., Any]:
    def hook(*_: Any, **__: Any) -> Any:
        raise error

    return hook


def test_the_answer_is_written_as_flask_wrote_it() -> None:
    def postprocess(feed: Any = (), fetch: Any = (), fetch_map: Any = None) -> Any:
        scores = fetch_map["price"][0]
        return {"z": scores[0], "b": np.int64(3), "a": scores, "nan": float("nan"), "f": fetch, "n": len(feed), 7: "é"}

    answer = Asked(hooks(postprocess=postprocess)).post(FEED)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    expected = '{"result":{"7":"é","a":[6.5],"b":3,"f":["price"],"n":1,"nan":null,"z":6.5}}\n'
    assert answer.content == expected.encode()


@pytest.mark.parametrize("fetch", [["price"], "price", [], None, ["res"], ["res", "price"]])
def test_outputs_that_the_model_lacks_are_left_out_and_all_come_where_none_is_known(fetch: Any) -> None:
    assert Asked().post({**FEED, "fetch": fetch}).json() == {"result": {"price": [[6.5]]}}


def one(row: list[float]) -> dict[str, Any]:
    return {"features": np.array(row)}


@pytest.mark.parametrize(
    ("prepared", "prices"),
    [
        ((one(ROW), ["price"], False), [[6.5]]),
        (([one(ROW)], ["price"], False), [[6.5]]),
        (([one(ROW), one([1.0] * 13)], ["price"], False), [[6.5], [13.0]]),
        (([one([ROW]), one([ROW, ROW])], ["price"], True), [[6.5], [6.5], [6.5]]),  # type: ignore[list-item]
        (({"features": ROW, "fetch": ["price"]}, ["price"], False), [[6.5]]),
        (({"features": np.array([[ROW]] * 2)}, ["price"], True), [[6.5], [6.5]]),
        (([ROW, ROW], ["price"], True), [[6.5], [6.5]]),
    ],
)
def test_what_preprocess_may_return(prepared: Any, prices: Any) -> None:
    assert Asked(returning(*prepared)).post(FEED).json() == {"result": {"price": prices}}


def test_packed_sequences_keep_their_offsets() -> None:
    feeds = [{"words": np.array([[1], [2]]), "words.lod": [0, 2]}, {"words": np.array([[3]]), "words.lod": [0, 1]}]
    answer = Asked(returning(feeds, ["tags"], True), EchoEngine()).post(FEED)
    assert answer.json() == {"result": {"tags": [[1], [2], [3]], "tags.lod": [0, 2, 3]}}


@pytest.mark.parametrize(
    ("given", "status", "says"),
    [
        (hooks(raising(ValueError("feed data error!"))), 400, "feed data error!"),
        (hooks(raising(ValueError())), 400, "preprocess refuses this request"),
        (hooks(raising(KeyError("words"))), 500, "preprocess failed on this request: KeyError: 'words'"),
        (hooks(raising(NotFound("no image file a.jpg"))), 404, "no image file a.jpg"),
        (hooks(postprocess=raising(ValueError("no box"))), 400, "no box"),
        (hooks(postprocess=raising(IndexError("0"))), 500, "postprocess failed on this request: IndexError: 0"),
        (hooks(postprocess=lambda **_: {1, 2}), 500, "what postprocess returned cannot be written as JSON"),
        (returning({"features": [ROW]}, ["price"]), 500, "preprocess of 'uci' must return feed, fetch and is_batch"),
        (returning({"features": [[1, 2]]}, ["price"], True), 400, "input 'features' must have shape [-1, 13]"),
        (returning({"features": [["a"] * 13]}, ["price"], True), 400, "must hold FP32 values"),
        (returning({"rows": [ROW]}, ["price"], True), 400, "Wrong feed name: rows"),
        (returning({}, ["price"], True), 400, "empty input"),
        (returning(3, ["price"], True), 400, "feed must be a dict"),
        (returning({"features": [ROW]}, 3, True), 400, "fetch must be a str, list or tuple"),
        (returning([one(ROW), {}], ["price"], False), 400, "feed 1 has [], the first ['features']"),
        (returning([one(ROW), one([1.0])], ["price"], False), 400, "differs in shape from instance to instance"),
    ],
)
def test_what_hooks_do_wrong_is_told_in_the_result(given: Any, status: int, says: str) -> None:
    answer = Asked(given).post(FEED)
    assert answer.status_code == status
    assert says in answer.json()["result"]


@pytest.mark.parametrize(
    ("document", "status", "says"),
    [
        (b"{", 400, "is not JSON"),
        (b"", 400, "is not JSON"),
        ([], 400, "must be a JSON object"),
        ({"feed": []}, 400, '"fetch" is missing'),
        ({"fetch": ["price"]}, 400, '"feed" is missing'),
        ({**FEED, "feed": [{"y": ROW}]}, 500, "KeyError"),
        ({**FEED, "more": "x" * 20_000}, 413, "20000 bytes"),
    ],
)
def test_what_is_no_request_is_refused(document: Any, status: int, says: str) -> None:
    answer = Asked().post(document)
    assert answer.status_code == status
    assert says in answer.json()["result"]


def test_another_name_is_not_found_and_the_model_itself_answers_beside_its_hooks() -> None:
    asked = Asked()
    assert asked.post(FEED, "/bert/prediction").status_code == 404
    tensor = {"float_data": ROW, "elem_type": 1, "shape": [1, 13]}
    answer = asked.post({"tensor": [tensor]}, "/GeneralModelService/inference")
    assert answer.json()["outputs"][0]["tensor"][0]["float_data"] == [6.5]


def test_a_model_that_fails_is_told_with_its_status() -> None:
    answer = Asked(engine=FailingEngine()).post(FEED)
    assert answer.status_code == 500
    assert "axis out of range" in answer.json()["result"]


def test_hooks_run_side_by_side_and_poisoned_requests_harm_nobody_else() -> None:
    meeting = threading.Barrier(8)  # broken, and an error, where hooks took turns

    def preprocess(feed: Any = (), fetch: Any = ()) -> Any:
        meeting.wait(20)
        return {"features": np.array([feed[0]["x"]])}, fetch, True

    documents = [{**FEED, "feed": [{"x": [float(index)] * 13}]} for index in range(8)]
    documents[3] = {**FEED, "feed": [{}]}
    answers = asyncio.run(Asked(hooks(preprocess)).send_all(*documents))
    assert [answer.status_code for answer in answers] == [200, 200, 200, 500, 200, 200, 200, 200]
    prices = [answer.json()["result"]["price"] for answer in answers if answer.status_code == 200]
    assert prices == [[[13.0 * index]] for index in range(8) if index != 3]


def test_too_many_requests_are_sent_away() -> None:
    engine = GatedEngine()
    asked = Asked(engine=engine, limit=1)

    async def two() -> tuple[httpx.Response, httpx.Response]:
        first = asyncio.create_task(asked.send(FEED))
        await asyncio.to_thread(engine.running.wait, 20)
        second = await asked.send(FEED)
        engine.gate.set()
        return await first, second

    first, second = asyncio.run(two())
    assert (first.status_code, second.status_code) == (200, 429)
    assert second.headers["retry-after"] == "1"
    assert asked.post(FEED).status_code == 200


def test_a_client_that_has_gone_leaves_its_place_though_its_hook_goes_on() -> None:
    begun, end = threading.Event(), threading.Event()

    def preprocess(feed: Any = (), fetch: Any = ()) -> Any:
        begun.set()
        end.wait(20)
        return feed, fetch, True

    hooked = Asked(hooks(preprocess), limit=1).hooked

    async def leave() -> None:
        asking = asyncio.create_task(hooked.answer(FEED))
        await asyncio.to_thread(begun.wait, 20)
        with pytest.raises(Overloaded):
            hooked.check_room()
        asking.cancel()
        await asyncio.wait([asking])
        hooked.check_room()
        end.set()

    asyncio.run(leave())
