import httpx
import pytest

from benchmarks.peer.check import check
from benchmarks.peer.question import plain_json
from serving_kit.errors import Unavailable
from tests.unit.benchmarks.peer.made import MADE


def asked(monkeypatch: pytest.MonkeyPatch, answer: httpx.Response | httpx.HTTPError) -> None:
    def post(url: str, **_: object) -> httpx.Response:
        if isinstance(answer, httpx.HTTPError):
            raise answer
        assert url == "http://127.0.0.1:9/json"
        return answer

    monkeypatch.setattr(httpx, "post", post)
    check(plain_json("/json", MADE), MADE, 9, 1.0)


def test_a_right_answer_passes_though_its_last_digits_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    asked(monkeypatch, httpx.Response(200, content=b'{"y":[[3.50002]]}'))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(200, content=b'{"y":[[3.625]]}'), r"wrong: it begins with \[3.625\]"),
        (httpx.Response(200, content=b'{"y":[[3.5],[3.5]]}'), "wrong"),
        (httpx.Response(200, content=b"[]"), "cannot be read"),
        (httpx.Response(503, content=b"busy"), "answered 503: busy"),
        (httpx.ConnectError("refused"), r"no answer \(ConnectError: refused"),
    ],
)
def test_anything_else_is_refused_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, answer: httpx.Response | httpx.HTTPError, reason: str
) -> None:
    with pytest.raises(Unavailable, match=reason):
        asked(monkeypatch, answer)
