import threading

import httpx
import pytest

from serving_kit.clients.connection import Ask, Connection
from serving_kit.clients.deadline import Deadline
from serving_kit.clients.retry import Refused
from serving_kit.errors import (
    BadInput,
    DeadlineExceeded,
    Internal,
    NotFound,
    Overloaded,
    ServingKitError,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from tests.unit.clients.stand_in import Asked, Handler, StandIn


def send(it: Connection, method: str = "GET", path: str = "/", timeout_s: float = 5.0) -> httpx.Response:
    return it.send(Ask(method, path), Deadline.after(timeout_s))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, BadInput),
        (415, BadInput),
        (401, Unauthenticated),
        (404, NotFound),
        (413, TooLarge),
        (429, Overloaded),
        (500, Internal),
        (502, Unavailable),
        (503, Refused),
        (504, DeadlineExceeded),
    ],
)
def test_a_status_becomes_its_error_with_the_servers_sentence(
    server: StandIn, status: int, error: type[ServingKitError]
) -> None:
    server.otherwise = lambda handler, _: handler.answer(status, b'{"error": "tensor x is upside down"}')
    with Connection(server.url) as it, pytest.raises(error, match=r"^tensor x is upside down$") as caught:
        send(it, "GET", "/")
    assert type(caught.value) is error


def test_a_plain_text_error_keeps_its_sentence(server: StandIn) -> None:
    said = b"[127.0.0.1:9393][E1003]Fail to parse http body"
    server.otherwise = lambda handler, _: handler.answer(400, said, "text/plain")
    with Connection(server.url) as it, pytest.raises(BadInput) as caught:
        send(it, "GET", "/")
    assert str(caught.value) == said.decode()


def test_a_proxys_page_is_named_by_status_and_address(server: StandIn) -> None:
    server.otherwise = lambda handler, _: handler.answer(502, b"<html>Bad gateway</html>", "text/html")
    with Connection(server.url) as it, pytest.raises(Unavailable, match=r"/infer answered 502 Bad Gateway"):
        send(it, "GET", "/infer")


def test_a_refused_connection_is_unavailable_and_names_the_address(nobody: str) -> None:
    with Connection(nobody) as it, pytest.raises(Refused, match=rf"no server answers at {nobody}"):
        send(it, "GET", "/")


def test_a_silent_server_is_a_deadline(server: StandIn) -> None:
    asked_to_stop = threading.Event()
    server.otherwise = lambda *_: asked_to_stop.wait()
    with Connection(server.url) as it, pytest.raises(DeadlineExceeded, match=r"within 0\.05 s"):
        send(it, "GET", "/", timeout_s=0.05)
    asked_to_stop.set()


def test_an_answer_that_drips_is_a_deadline_too(server: StandIn) -> None:
    gone = threading.Event()

    def drip(handler: Handler, _: Asked) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while not gone.wait(0.01):
            handler.wfile.write(b" ")

    server.otherwise = drip
    with Connection(server.url) as it, pytest.raises(DeadlineExceeded):
        send(it, "GET", "/", timeout_s=0.1)
    gone.set()


def test_a_connection_dropped_in_the_middle_of_the_answer_is_unavailable(server: StandIn) -> None:
    def half(handler: Handler, _: Asked) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half of i")
        handler.close_connection = True

    server.otherwise = half
    with Connection(server.url) as it, pytest.raises(Unavailable, match="broke the connection"):
        send(it, "POST", "/")
    assert len(server.asked) == 1


@pytest.mark.parametrize("url", ["127.0.0.1:9393", "ftp://127.0.0.1", "http://", "nonsense", "http://a:port"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="write it like http://127"):
        Connection(url)


def test_a_proxy_of_the_environment_does_not_stand_before_this_machine(
    server: StandIn, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", nobody)
    server.otherwise = lambda handler, _: handler.answer(200, b"{}")
    with Connection(server.url) as it:
        assert send(it, "GET", "/").content == b"{}"
