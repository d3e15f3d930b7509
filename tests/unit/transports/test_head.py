from collections.abc import Mapping

import pytest

from serving_kit.errors import ServingKitError
from serving_kit.service.service import Service
from serving_kit.transports.http import head
from serving_kit.transports.http.answer import Answer
from serving_kit.transports.http.head import Heads
from serving_kit.transports.http.question import Question
from serving_kit.transports.http.route import route
from tests.unit.transports.instant import instant

PATH = "/GeneralModelService/inference"


class Nothing(Question):
    """A question that is never asked."""

    def check(self) -> None: ...

    def ask(self, body: object, tell: object) -> None:
        raise NotImplementedError

    def refuse(self, error: ServingKitError) -> Answer:
        raise NotImplementedError


def heads(asked: list[Mapping[str, str]] | None = None, limit_bytes: int = 1000) -> Heads:
    def found(path: str, headers: Mapping[str, str]) -> Question:
        if asked is not None:
            asked.append(headers)
        return Nothing(path, headers)

    return Heads(found, limit_bytes)


def request(*headers: str, start: str = f"POST {PATH} HTTP/1.1", length: str = "5") -> bytes:
    return "\r\n".join([start, "Host: x", f"Content-Length: {length}", *headers, "", ""]).encode("latin-1")


def test_a_plain_head_tells_its_question_and_the_lengths() -> None:
    asked: list[Mapping[str, str]] = []
    data = request("X-Odd:  caf\xe9", "ACCEPT: a", "accept: b", "Connection: keep-alive")
    found = heads(asked).find(data + b"12345 and more")
    assert found is not None
    assert (found.question.path, found.head_bytes, found.body_bytes) == (PATH, len(data), 5)
    assert asked == [
        {"host": "x", "content-length": "5", "x-odd": "caf\xe9", "accept": "a", "connection": "keep-alive"}
    ]


def test_the_same_head_is_read_once_and_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head, "_KNOWN", 2)
    asked: list[Mapping[str, str]] = []
    known = heads(asked)
    for number in (1, 2, 1, 2, 3, 3, 1):
        assert known.find(request(f"X-Number: {number}")) is not None
    assert [headers["x-number"] for headers in asked] == ["1", "2", "3", "1"]
    long = request(f"X-Long: {'y' * head._LONGEST_BYTES}")
    assert known.find(long) is not known.find(long)


def test_heads_that_differ_in_the_length_alone_ask_one_question() -> None:
    known = heads()
    found = [known.find(request(length=length)) for length in ("5", "6")]
    assert [head and head.body_bytes for head in found] == [5, 6]
    assert found[0] and found[1] and found[0].question is found[1].question
    other = known.find(request("X-Odd: 1"))
    assert other and other.question is not found[0].question


@pytest.mark.parametrize(
    "data",
    [
        request()[:-1],
        b"\r\n\r\n" + request(),
        request(start=f"PUT {PATH} HTTP/1.1"),
        request(start=f"POST {PATH} HTTP/1.0"),
        request(start=f"POST {PATH}?a=1 HTTP/1.1"),
        request(start=f"POST {PATH}%20 HTTP/1.1"),
        request(start="POST * HTTP/1.1"),
        request(start=f"POST http://x{PATH}?a HTTP/1.1"),
        request(length="1001"),
        request(length="9" * 30),
        request("Content-Length: 5"),
        request("Content-Length: 6"),
        request("Transfer-Encoding: chunked"),
        request("Content-Encoding: gzip"),
        request("Expect: 100-continue"),
        request("Connection: close"),
        request("Connection: Upgrade", "Upgrade: h2c"),
        request("bad header"),
        request().replace(b"\r\n", b"\n", 3),
        b"POST / HTTP/1.1\nContent-Length: 9\n\nPOST /\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_out_of_the_ordinary_is_the_applications(data: bytes) -> None:
    assert heads().find(data) is None


@pytest.mark.parametrize(
    ("path", "is_short"),
    [
        (PATH, True),
        ("/v2/models/m/infer", True),
        ("/v2/models/m/versions/1/infer", True),
        ("/m/prediction", True),
        ("/GeneralModelService/prediction", False),
        (f"{PATH}/more", False),
        ("//prediction", False),
        ("/v2/models//infer", False),
        ("/v2/models/m/versions//infer", False),
        ("/v2/models/m/ready", False),
        ("/", False),
    ],
)
def test_inferences_have_questions_and_nothing_else_has(path: str, is_short: bool) -> None:
    assert (route(Service([instant()]), ("127.0.0.1", 1), path, {}) is not None) is is_short
