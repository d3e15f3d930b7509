"""Both clients of pipelines; what only one of them can do stands at the end."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from contextlib import suppress

import grpc
import numpy as np
import pytest

from serving_kit.clients import AsyncPipelineClient, PipelineClient
from serving_kit.clients.retry import Refused
from serving_kit.codecs.pipeline_message import decode_request
from serving_kit.errors import BadInput, DeadlineExceeded, NotFound, Overloaded, Unavailable
from tests.unit.clients.grpc_stand_in import GrpcStandIn, refuse, serving
from tests.unit.clients.pipeline_stand_in import Ask, address, asked, connected, pipeline, saying

BOTH = pytest.mark.parametrize("kind", ["sync", "async"])


@pytest.fixture
def server() -> Iterator[GrpcStandIn]:
    with pipeline() as stand_in:
        yield stand_in


@BOTH
def test_the_message_comes_back_as_the_server_wrote_it(server: GrpcStandIn, kind: str) -> None:
    with connected(kind, [address(server)]) as predict:
        answer = predict(feed_dict={"x": "0.1,0.2", "pixels": np.ones((1, 2), np.float32)}, log_id=7)
    assert (answer.err_no, answer.err_msg, list(answer.key), list(answer.value)) == (0, "", ["price"], ["18.9"])
    request = asked(server)
    assert request.values == {"x": "0.1,0.2", "pixels": "array([[1., 1.]], dtype=float32)"}
    assert request.log_id == 7


@BOTH
def test_an_error_of_the_pipeline_is_an_answer_like_others(kind: str) -> None:
    with pipeline(saying(5000, "[uci] failed to predict.")) as server, connected(kind, address(server)) as predict:
        answer = predict({"x": "1"})
    assert (answer.err_no, answer.err_msg, list(answer.value)) == (5000, "[uci] failed to predict.", [])


@BOTH
@pytest.mark.parametrize("as_bytes", [False, True])
def test_arrays_travel_as_tensors_with_their_offsets(server: GrpcStandIn, kind: str, as_bytes: bool) -> None:
    feed = {"words": np.array([[1], [2], [3]]), "words.lod": [0, 2], "note": "hello", "scale": [0.5]}
    with connected(kind, address(server)) as predict:
        predict(feed, pack_tensor_format=True, use_tensor_bytes=as_bytes)
    values = asked(server).values
    np.testing.assert_array_equal(values["words"], feed["words"], strict=True)
    assert values["words.lod"].tolist() == [[0], [2]]
    assert values["note"] == "hello"
    np.testing.assert_array_equal(values["scale"], np.array([0.5]), strict=True)


@BOTH
def test_a_profile_is_asked_for_by_a_key(server: GrpcStandIn, kind: str) -> None:
    with connected(kind, address(server)) as predict:
        predict({"x": "1"}, profile=True)
    assert asked(server).values == {"x": "1", "pipeline.profile": "1"}


@BOTH
def test_servers_are_asked_in_turn_and_a_dead_one_is_not_noticed(kind: str) -> None:
    with pipeline() as one, pipeline() as other:
        with connected(kind, [address(one), address(other)]) as predict:
            for _ in range(40):
                predict({"x": "1"})
            assert len(one.asked) > 10
            assert len(other.asked) > 10
        with serving() as dead:
            gone = address(dead)
        with connected(kind, [gone, address(other)]) as predict:
            before = len(other.asked)
            for _ in range(10):
                assert predict({"x": "1"}).err_no == 0
        assert len(other.asked) == before + 10


@BOTH
def test_a_host_name_and_a_number_can_stand_side_by_side(server: GrpcStandIn, kind: str) -> None:
    with connected(kind, [f"localhost:{server.port}", address(server)]) as predict:
        assert predict({"x": "1"}).err_no == 0


@BOTH
def test_nobody_there_is_told_by_address(nowhere: str, kind: str) -> None:
    with (
        connected(kind, [nowhere]) as predict,
        pytest.raises(Unavailable, match=f"no server answers at {nowhere} .*; start it or correct the address"),
    ):
        predict({"x": "1"})
    with connected(kind, [nowhere, nowhere]) as predict, pytest.raises(Refused, match=f"at {nowhere}, {nowhere} "):
        predict({"x": "1"})


@BOTH
def test_a_server_that_comes_back_is_asked_again(kind: str) -> None:
    with pipeline() as first:
        pass
    with connected(kind, address(first)) as predict:
        with pytest.raises(Unavailable):
            predict({"x": "1"}, timeout_s=0.5)
        with pipeline(port=first.port):
            assert is_answered_in_the_end(predict)


def is_answered_in_the_end(predict: Ask) -> bool:
    for _ in range(50):
        with suppress(Unavailable):
            return predict({"x": "1"}).err_no == 0
        time.sleep(0.1)
    return False


@BOTH
def test_a_call_ends_at_its_deadline_and_the_client_goes_on(kind: str) -> None:
    gate = threading.Event()

    def late(body: bytes, context: grpc.ServicerContext) -> bytes:
        gate.wait(20)
        return saying(price="1")(body, context)

    with pipeline(late) as server, connected(kind, address(server), timeout_s=0.2) as predict:
        with pytest.raises(DeadlineExceeded, match=f"{address(server)} did not answer within 0.2 s"):
            predict({"x": "1"})
        gate.set()
        assert list(predict({"x": "1"}, timeout_s=20.0).value) == ["1"]


@BOTH
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (grpc.StatusCode.UNIMPLEMENTED, NotFound),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Overloaded),
        (grpc.StatusCode.INVALID_ARGUMENT, BadInput),
    ],
)
def test_a_status_is_one_of_the_packages_errors_and_asked_once(
    server: GrpcStandIn, kind: str, status: grpc.StatusCode, error: type[Exception]
) -> None:
    server.answers["inference"] = refuse(status, "words of the server")
    with connected(kind, address(server)) as predict, pytest.raises(error, match="words of the server"):
        predict({"x": "1"})
    assert len(server.asked) == 1


@BOTH
def test_a_server_that_takes_nothing_now_is_asked_again(server: GrpcStandIn, kind: str) -> None:
    refusal = refuse(grpc.StatusCode.UNAVAILABLE, "the server stops", ("serving-kit-error", "unavailable"))

    def first_refuse(body: bytes, context: grpc.ServicerContext) -> bytes:
        return refusal(body, context) if len(server.asked) == 1 else saying(price="2")(body, context)

    server.answers["inference"] = first_refuse
    with connected(kind, address(server)) as predict:
        assert list(predict({"x": "1"}).value) == ["2"]


@BOTH
def test_a_key_goes_with_every_call(server: GrpcStandIn, kind: str) -> None:
    def whose(body: bytes, context: grpc.ServicerContext) -> bytes:
        sent = dict(context.invocation_metadata())
        return saying(key=str(sent.get("authorization")))(body, context)

    server.answers["inference"] = whose
    with connected(kind, address(server), api_key="secret") as predict:
        assert list(predict({"x": "1"}).value) == ["Bearer secret"]


@BOTH
@pytest.mark.parametrize(
    ("endpoints", "error", "said"),
    [
        ([], BadInput, "no endpoint is given; name at least one server"),
        (["127.0.0.1"], BadInput, "'127.0.0.1' is no address of a server"),
        (["a host.invalid:1", "127.0.0.1:1"], Unavailable, "the host of a host.invalid:1 cannot be found"),
    ],
)
def test_an_address_that_is_none_is_refused_at_once(
    kind: str, endpoints: list[str], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said), connected(kind, endpoints):
        pass


def test_a_feed_that_cannot_be_sent_is_also_a_type_error(server: GrpcStandIn) -> None:
    with connected("sync", address(server)) as predict, pytest.raises(TypeError, match="feed must be dict type"):
        predict([{"x": "1"}])
    assert not server.asked


def test_nothing_is_asked_before_connect_nor_after_close(server: GrpcStandIn) -> None:
    client = PipelineClient()
    with pytest.raises(BadInput, match="call connect first"):
        client.predict({"x": "1"})
    client.connect(address(server))
    client.close()
    with pytest.raises(BadInput, match="call connect first"):
        client.predict({"x": "1"})
    with pytest.raises(BadInput, match="call connect first"):
        asyncio.run(AsyncPipelineClient().predict({"x": "1"}))
    assert not server.asked


def test_a_client_connected_anew_asks_the_new_servers_only(server: GrpcStandIn) -> None:
    with pipeline() as other, PipelineClient() as client:
        client.connect([address(server)])
        client.connect([address(other)])
        client.predict({"x": "1"})
        assert (len(server.asked), len(other.asked)) == (0, 1)


def test_futures_are_pythons_own(server: GrpcStandIn) -> None:
    with PipelineClient() as client:
        client.connect([address(server)])
        futures = [client.predict({"x": str(number)}, asyn=True) for number in range(20)]
        assert [list(future.result().value) for future in as_completed(futures, 20)] == [["18.9"]] * 20
        assert futures[0].result() is futures[0].result()
    assert len(server.asked) == 20


def test_a_future_fails_with_what_predict_would_raise(nowhere: str) -> None:
    with PipelineClient() as client:
        client.connect([nowhere])
        with pytest.raises(Unavailable, match="no server answers at"):
            client.predict({"x": "1"}, asyn=True).result(20)


def test_a_future_taken_back_tells_the_server_and_one_left_ends_with_the_client() -> None:
    gone, came = threading.Event(), threading.Semaphore(0)

    def waits(body: bytes, context: grpc.ServicerContext) -> bytes:
        ended = threading.Event()
        context.add_callback(ended.set)
        came.release()
        if ended.wait(20):
            gone.set()
        return b""

    with pipeline(waits) as server, PipelineClient() as client:
        client.connect([address(server)])
        taken_back = client.predict({"x": "1"}, asyn=True)
        assert came.acquire(timeout=20)
        assert taken_back.cancel()
        with pytest.raises(CancelledError):
            taken_back.result(20)
        assert gone.wait(20)
        left = client.predict({"x": "1"}, asyn=True)
        assert came.acquire(timeout=20)
        client.close()
        with pytest.raises(Unavailable):
            left.result(20)


def test_threads_share_a_client() -> None:
    def echo(body: bytes, context: grpc.ServicerContext) -> bytes:
        return saying(x=decode_request(body).values["x"])(body, context)

    with pipeline(echo) as server, PipelineClient() as client, ThreadPoolExecutor(8) as pool:
        client.connect([address(server)])
        answers = pool.map(lambda number: client.predict({"x": str(number)}).value[0], range(100))
        assert list(answers) == [str(number) for number in range(100)]


def test_tasks_share_a_client_which_is_connected_once(server: GrpcStandIn) -> None:
    async def ask_all() -> list[list[str]]:
        async with AsyncPipelineClient() as client:
            client.connect([address(server)])
            with pytest.raises(BadInput, match="close it before it is connected again"):
                client.connect([address(server)])
            answers = await asyncio.gather(*(client.predict({"x": "1"}) for _ in range(50)))
            return [list(answer.value) for answer in answers]

    assert asyncio.run(ask_all()) == [["18.9"]] * 50
