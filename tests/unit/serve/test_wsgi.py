import io
import threading
from collections.abc import Callable
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import orjson
import pytest

from serving_kit.clients.config import ClientConfig
from serving_kit.errors import ModelFileError
from serving_kit.serve.hooked_model import HookedModel
from serving_kit.serve.web_service import WebService
from serving_kit.serve.wsgi import WsgiApp
from serving_kit.service.service import Service
from serving_kit.transports.http.hooked import Hooked
from tests.unit.served import LinearEngine, serve

ROW = [0.5] * 13  # its price is 6.5
FEED = {"feed": [{"features": ROW}], "fetch": ["price"]}


class Uci(WebService):
    def preprocess(self, feed: Any = (), fetch: Any = ()) -> Any:
        return feed, fetch, False


def loaded() -> Hooked:
    engine = LinearEngine()
    return HookedModel(Uci("uci"), Service([serve(engine)]), ClientConfig(engine.inputs, engine.outputs))


def ask(
    app: WsgiApp, document: Any = FEED, path: str = "/uci/prediction", method: str = "POST", **more: str
) -> tuple[str, dict[str, str], Any]:
    content = document if isinstance(document, bytes) else orjson.dumps(document)
    environ: dict[str, Any] = {"PATH_INFO": path, "REQUEST_METHOD": method, "CONTENT_LENGTH": str(len(content)), **more}
    environ["QUERY_STRING"] = environ["SCRIPT_NAME"] = ""
    environ["wsgi.input"] = io.BytesIO(content)
    setup_testing_defaults(environ)
    said: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], object]:
        said.extend((status, dict(headers)))
        return io.BytesIO().write

    answer = validator(app)(environ, start_response)  # says what PEP 3333 does not allow
    body = b"".join(answer)
    answer.close()  # type: ignore[attr-defined]
    return said[0], said[1], orjson.loads(body)


def test_a_server_of_applications_asks_from_many_threads() -> None:
    app = WsgiApp(loaded, 20_000)
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(app))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [answer[0] for answer in answers] == ["200 OK"] * 8
    assert all(answer[2] == {"result": {"price": [[6.5]]}} for answer in answers)
    assert answers[0][1] == {"content-type": "application/json", "content-length": "29"}


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        ({"document": b"{"}, "400 Bad Request", "is not JSON"),
        ({"document": b"", "CONTENT_LENGTH": ""}, "400 Bad Request", "is not JSON"),
        ({"document": {**FEED, "feed": [{"y": ROW}]}}, "400 Bad Request", "Wrong feed name: y"),
        ({"document": b"x" * 20_001}, "413 Request Entity Too Large", "20000 bytes"),
        ({"path": "/bert/prediction"}, "404 Not Found", "there is no service 'bert' here"),
        ({"path": "/uci"}, "404 Not Found", "there is nothing at /uci; ask /uci/prediction"),
        ({"method": "GET"}, "405 Method Not Allowed", "GET is not taken"),
    ],
)
def test_what_is_no_request_is_refused(asked: dict[str, Any], status: str, says: str) -> None:
    told, _, document = ask(WsgiApp(loaded, 20_000), **asked)
    assert told == status
    assert says in document["result"]


def test_models_are_loaded_at_the_first_request_and_again_where_that_failed() -> None:
    calls: list[int] = []

    def load() -> Hooked:
        calls.append(len(calls))
        if len(calls) == 1:
            raise ModelFileError("the model is not there yet")
        return loaded()

    app = WsgiApp(load, 20_000)
    with pytest.raises(ModelFileError):
        ask(app)
    assert ask(app)[0] == ask(app)[0] == "200 OK"
    assert calls == [0, 1]
