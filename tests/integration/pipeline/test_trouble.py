"""What goes wrong for some requests of a server, for one of its ops, or for its clients, leaves all others alone."""

import json
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import grpc
import httpx
import pytest

from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.pipeline.pipeline import MOST_REQUESTS
from tests.integration.pipeline.served import PATH, Served, body, eventually, plain, question, served, values

pytestmark = pytest.mark.integration

Asked: TypeAlias = Sequence[tuple[object, int]]
"""The `x` and the number of each request."""
ROUTE = "/trouble/prediction"
POISON, FAILS, CRASHES, STUCK, WAITS = "no number", -1, -2, -3, -4


def method(channel: grpc.Channel) -> Any:
    return channel.unary_unary(PATH, pb.Request.SerializeToString, pb.Response.FromString)


def over_http(at: Served, asked: Asked) -> list[dict[str, Any]]:
    limits = httpx.Limits(max_connections=64)
    with httpx.Client(base_url=at.url, limits=limits, timeout=60) as client, ThreadPoolExecutor(64) as pool:
        return list(pool.map(lambda one: client.post(ROUTE, content=body(*one)).json(), asked))


def over_grpc(at: Served, asked: Asked) -> list[dict[str, Any]]:
    with grpc.insecure_channel(at.address) as channel:
        coming = [method(channel).future(question(*one), timeout=60) for one in asked]
        return [plain(one.result()) for one in coming]


protocols = pytest.mark.parametrize("ask", [over_http, over_grpc])
kinds = pytest.mark.parametrize("is_thread_op", [True, False], ids=["threads", "processes"])
Ask: TypeAlias = Callable[[Served, Asked], list[dict[str, Any]]]


def check(asked: Asked, answers: Sequence[dict[str, Any]], errors: dict[object, tuple[int, str]]) -> None:
    for (x, log_id), answer in zip(asked, answers, strict=True):
        if x in errors:
            err_no, said = errors[x]
            assert answer["err_no"] == err_no
            assert said in answer["err_msg"]
        else:
            assert values(answer) == {"y": f"{2.0 * float(str(x))}", "log_id": f"{log_id}"}


@protocols
@kinds
def test_of_a_thousand_requests_the_poisoned_tenth_fails(ask: Ask, is_thread_op: bool, tmp_path: Path) -> None:
    bad = {0: POISON, 10: FAILS}
    asked = [(bad.get(number % 20, number), number) for number in range(1, 1001)]
    op = {"concurrency": 2, "batch_size": 8}
    with served("trouble.py", tmp_path, dag={"is_thread_op": is_thread_op, "channel_size": 16}, op={"work": op}) as at:
        answers = ask(at, asked)
        seen = at.figures()
    errors = {
        POISON: (10000, "could not convert string to float"),
        FAILS: (10000, "[work] failed to predict. no number of this batch may be -1"),
    }
    check(asked, answers, errors)
    assert (seen["running"], seen["answered"], seen["failed"]) == (0, 900, 100)
    assert (seen["ops"]["work"]["answered"], seen["ops"]["work"]["failed"]) == (900, 100)
    ends = re.findall(r"\] data_id=(\d+) log_id=(\d+) (?:answered|failed: )", at.log())
    assert Counter(log_id for _, log_id in ends) == {str(number): 1 for _, number in asked}
    assert len({data_id for data_id, _ in ends}) == 1000


@protocols
def test_a_request_that_ends_its_process_fails_alone(ask: Ask, tmp_path: Path) -> None:
    asked = [(CRASHES if number in (7, 20) else number, number) for number in range(1, 41)]
    op = {"batch_size": 8, "auto_batching_timeout": 50}
    with served("trouble.py", tmp_path, dag={"is_thread_op": False}, op={"work": op}) as at:
        check(asked, ask(at, asked), {CRASHES: (9000, "its process ended with signal SIGABRT")})
        check([(1, 50)], ask(at, [(1, 50)]), {})
        seen = at.figures()
    assert (seen["answered"], seen["failed"]) == (39, 2)
    assert max(map(int, seen["ops"]["work"]["batch_sizes"])) > 1


@protocols
@kinds
def test_a_stuck_op_fails_what_it_is_stuck_on(ask: Ask, is_thread_op: bool, tmp_path: Path) -> None:
    asked = [(STUCK if number in (3, 9) else number, number) for number in range(1, 31)]
    op = {"timeout": 500, "retry": 2}
    with served("trouble.py", tmp_path, dag={"is_thread_op": is_thread_op}, op={"work": op}) as at:
        check(asked, ask(at, asked), {STUCK: (6000, "work Failed to process(batch: [")})
        check([(1, 50)], ask(at, [(1, 50)]), {})
        assert at.figures()["running"] == 0


def test_thousands_that_come_at_once_are_all_answered(tmp_path: Path) -> None:
    with served("trouble.py", tmp_path) as at, grpc.insecure_channel(at.address) as channel:
        coming = [method(channel).future(question(WAITS, number), timeout=60) for number in range(MOST_REQUESTS)]
        eventually(lambda: at.figures()["running"] > MOST_REQUESTS / 2)
        (tmp_path / "go-on").touch()
        assert Counter(one.code() for one in coming) == {grpc.StatusCode.OK: MOST_REQUESTS}


def test_who_finds_the_server_full_is_told_and_nobody_else_notices(tmp_path: Path) -> None:
    asked = [(WAITS, 1), *((number, number) for number in range(2, MOST_REQUESTS + 1))]
    infer = {"inputs": [{"name": "x", "shape": [1], "datatype": "BYTES", "data": ["1"]}]}
    with served("trouble.py", tmp_path) as at, grpc.insecure_channel(at.address) as channel:
        coming = [method(channel).future(question(*asked[0]), timeout=60)]
        eventually(lambda: at.figures()["running"] == 1)  # which all others wait for
        coming += [method(channel).future(question(*one), timeout=60) for one in asked[1:]]
        eventually(lambda: at.figures()["running"] == MOST_REQUESTS)

        with pytest.raises(grpc.RpcError) as refused:
            method(channel)(question(1), timeout=20)
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert refused.value.details() == f"{MOST_REQUESTS} requests are being answered; ask again in a while"
        old = httpx.post(f"{at.url}{ROUTE}", content=body(1))
        assert (old.status_code, old.json()["code"], old.json()["message"]) == (429, 8, refused.value.details())
        oip = httpx.post(f"{at.url}/v2/models/trouble/infer", json=infer)
        assert (oip.status_code, oip.json()["error"]) == (429, refused.value.details())

        (tmp_path / "go-on").touch()
        check(asked[1:], [plain(one.result()) for one in coming][1:], {})
        assert values(httpx.post(f"{at.url}{ROUTE}", content=body(1)).json())["y"] == "2.0"
        assert at.figures()["running"] == 0


@contextmanager
def connections(at: Served, requests: Iterable[bytes]) -> Iterator[None]:
    with ExitStack() as stack:
        for request in requests:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", at.port), timeout=20))
            connection.sendall(request)
        yield


def head(path: str, *fields: str) -> bytes:
    return "\r\n".join((f"POST {path} HTTP/1.1", "Host: a", *fields, "", "")).encode()


def on_short_way(at: Served, asked: Asked) -> AbstractContextManager[None]:
    bodies = [body(*one) for one in asked]
    return connections(at, [head(ROUTE, f"Content-Length: {len(one)}") + one for one in bodies])


def on_long_way(at: Served, asked: Asked) -> AbstractContextManager[None]:
    bodies = [body(*one) for one in asked]
    chunked = [b"%x\r\n%b\r\n0\r\n\r\n" % (len(one), one) for one in bodies]
    return connections(at, [head(ROUTE, "Transfer-Encoding: chunked") + one for one in chunked])


def of_open_inference(at: Served, asked: Asked) -> AbstractContextManager[None]:
    tensors = [{"name": "x", "shape": [1], "datatype": "BYTES", "data": [str(x)]} for x, _ in asked]
    bodies = [json.dumps({"inputs": [tensor]}).encode() for tensor in tensors]
    return connections(at, [head("/v2/models/trouble/infer", f"Content-Length: {len(one)}") + one for one in bodies])


@contextmanager
def of_grpc(at: Served, asked: Asked) -> Iterator[None]:
    with grpc.insecure_channel(at.address) as channel:
        coming = [method(channel).future(question(*one)) for one in asked]
        yield
    assert {one.code() for one in coming} == {grpc.StatusCode.CANCELLED}


@pytest.mark.parametrize("clients", [on_short_way, on_long_way, of_grpc, of_open_inference])
def test_what_a_client_that_went_away_still_waited_for_is_not_begun(
    clients: Callable[[Served, Asked], AbstractContextManager[None]], tmp_path: Path
) -> None:
    asked = [(WAITS, number) for number in range(1, 5)]
    with served("trouble.py", tmp_path) as at:
        with clients(at, asked):
            eventually(lambda: at.figures()["running"] == 4)
        eventually(lambda: at.figures()["running"] == 0)  # while the op still waits
        assert at.figures()["ops"]["work"]["waiting"] == 0
        (tmp_path / "go-on").touch()
        ((seen),) = over_grpc(at, [("seen", 5)])
        assert len(values(seen)["seen"].split(",")) == 1
    assert len(re.findall(r"log_id=[0-4] given up", at.log())) == 4


def test_a_deadline_ends_a_request_wherever_it_is(tmp_path: Path) -> None:
    with served("trouble.py", tmp_path) as at, grpc.insecure_channel(at.address) as channel:
        coming = [method(channel).future(question(WAITS, number), timeout=0.5) for number in (1, 2)]
        assert [one.code() for one in coming] == [grpc.StatusCode.DEADLINE_EXCEEDED] * 2
        eventually(lambda: at.figures()["running"] == 0)
        (tmp_path / "go-on").touch()
        ((seen),) = over_http(at, [("seen", 5)])
        assert values(seen)["seen"] in ("1", "2")
