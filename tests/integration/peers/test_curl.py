"""curl, and a socket that writes two requests at once."""

import json
import shutil
import socket
from pathlib import Path

import pytest

from serving_kit.process import Server
from tests.integration.peers.conftest import run
from tests.peers.native import Peer

pytestmark = pytest.mark.integration

GENERAL = "GeneralModelService/inference"
ROW = {"float_data": [1, 2, 3], "elem_type": 1, "shape": [1, 3]}
REQUEST = {"tensor": [ROW], "fetch_var_names": ["total"]}
MANY = {"tensor": [{"float_data": [1.5] * 6000, "elem_type": 1, "shape": [2000, 3]}]}
STATUS = "\n%{http_code} %{http_version}"


@pytest.fixture(scope="module")
def curl() -> Peer:
    found = shutil.which("curl")
    assert found, "curl is missing: apt-get install curl"
    return Peer(Path(found))


def _post(curl: Peer, server: Server, request: object, *flags: str, path: str = GENERAL) -> tuple[str, str, str]:
    """Return the body, the status with the version of HTTP, and what curl tells of the connection."""
    sent = ["--data-binary", json.dumps(request), "--silent", "--verbose", "--write-out", STATUS]
    done = run(curl, *sent, *flags, f"{server.url}/{path}")
    body, _, status = done.stdout.rpartition("\n")
    return body, status, done.stderr


def _values(body: str) -> list[float]:
    (tensor,) = json.loads(body)["outputs"][0]["tensor"]
    values: list[float] = tensor["float_data"]
    return values


@pytest.mark.parametrize(
    "flags",
    [
        [],  # curl then says application/x-www-form-urlencoded
        ["--header", "Content-Type: application/json"],
        ["--header", "Content-Type:"],
        ["--header", "Transfer-Encoding: chunked"],
        ["--compressed"],
        ["--request", "PUT"],
        ["--http2"],  # an offer to speak HTTP/2, which need not be taken
    ],
    ids=["form", "json", "untyped", "chunked", "compressed", "put", "upgrade"],
)
def test_the_answer_is_the_same_however_it_is_sent(curl: Peer, single: dict[str, Server], flags: list[str]) -> None:
    body, status, told = _post(curl, single["adder"], REQUEST, *flags)
    assert status == "200 1.1", told
    assert _values(body) == [7]


def test_http_1_0_is_answered(curl: Peer, single: dict[str, Server]) -> None:
    body, status, told = _post(curl, single["adder"], REQUEST, "--http1.0")
    assert status.startswith("200 "), told
    assert _values(body) == [7]


@pytest.mark.parametrize("path", [f"{GENERAL}/", "baidu.paddle_serving.predictor.general_model." + GENERAL])
def test_the_paths_of_paddle_serving_lead_here(curl: Peer, single: dict[str, Server], path: str) -> None:
    body, status, told = _post(curl, single["adder"], REQUEST, path=path)
    assert (status, _values(body)) == ("200 1.1", [7]), told


def test_a_client_that_waits_to_be_asked_for_the_body_is_asked(curl: Peer, single: dict[str, Server]) -> None:
    waiting = ["--header", "Expect: 100-continue", "--expect100-timeout", "60"]
    body, status, told = _post(curl, single["adder"], MANY, *waiting)
    assert "< HTTP/1.1 100 Continue" in told
    assert (status, _values(body)) == ("200 1.1", [5.5] * 2000)


def test_a_connection_is_kept(curl: Peer, single: dict[str, Server]) -> None:
    url = f"{single['adder'].url}/health"
    done = run(curl, "--silent", "--verbose", url, url)
    assert done.stdout == "OKOK"
    assert done.stderr.count("* Connected to") == 1


def test_a_refusal_says_what_is_wrong(curl: Peer, single: dict[str, Server]) -> None:
    wrong = {"tensor": [ROW | {"shape": [1, 2]}]}
    body, status, told = _post(curl, single["adder"], wrong)
    assert status == "400 1.1"
    assert "< x-bd-error-code: 1003" in told.lower()
    assert "[E1003]" in body


def test_requests_in_one_write_are_answered_in_order(single: dict[str, Server]) -> None:
    requests = []
    for number in (1, 2, 3):
        body = json.dumps({"tensor": [ROW | {"float_data": [number] * 3}]}).encode()
        head = f"POST /{GENERAL} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        requests.append(head.encode() + (b"Connection: close\r\n" if number == 3 else b"") + b"\r\n" + body)
    with socket.create_connection(("127.0.0.1", single["adder"].port), 30) as connection:
        connection.sendall(b"".join(requests))
        answers = connection.makefile("rb").read().decode()
    assert answers.count("HTTP/1.1 200 OK") == 3
    bodies = [part.rpartition("\r\n\r\n")[2] for part in answers.split("HTTP/1.1 200 OK")[1:]]
    assert [_values(body) for body in bodies] == [[4], [7], [10]]
