"""A server that wants a key, over every protocol, as this project's clients and others' ask."""

from collections.abc import Iterator

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from serving_kit.clients import HttpClient
from serving_kit.codecs import open_inference_pb2 as pb
from serving_kit.codecs.baidu_std import encode_frame, request_meta
from serving_kit.codecs.general_message import FULL_SERVICE
from serving_kit.errors import Unauthenticated
from serving_kit.service.keys import ApiKeys
from tests.unit.clients.blocking import client
from tests.unit.served import LinearEngine, serve
from tests.unit.transports.brpc import BrpcWire, call, request_body
from tests.unit.transports.wire import Wire, running

pytestmark = pytest.mark.integration

KEY = "correct-horse-battery"
OTHER = "staple-that-battery"
X = np.ones((1, 13), np.float32)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running(serve(LinearEngine()), keys=ApiKeys([KEY])) as server:
        yield server.port


@pytest.fixture
def wire(port: int) -> Iterator[BrpcWire]:
    with BrpcWire(port) as wire:
        yield wire


def with_key(key: str, number: int = 1, payload: bytes | None = None) -> bytes:
    meta = request_meta(FULL_SERVICE, "inference", number, api_key=key)
    return encode_frame(meta, request_body(1) if payload is None else payload)


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("scheme", ["http", "grpc", "brpc"])
def test_clients_with_a_key_are_answered_and_others_told_why_not(port: int, scheme: str, kind: str) -> None:
    url = f"{scheme}://127.0.0.1:{port}"
    for key in (None, OTHER):
        with client(kind, url, model="uci_housing", api_key=key) as refused:
            assert refused.is_ready()
            for _ in range(2):
                with pytest.raises(Unauthenticated, match="carries no API key that this server knows") as caught:
                    refused.predict({"x": X})
            assert OTHER not in str(caught.value) + repr(refused)
    with client(kind, url, api_key=KEY) as welcome:
        assert welcome.predict({"x": X})["price"].item() == 13
        assert KEY not in repr(welcome)


def test_an_old_script_sends_its_key_as_a_header(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    asking = HttpClient("127.0.0.1", str(port))
    assert asking.predict(feed={}, fetch=[]) is None
    assert "[E1004]the request carries no API key" in capsys.readouterr().out
    asking.add_http_headers({"X-API-Key": KEY})
    assert asking.predict(feed={}, fetch=[]) is None
    assert "[E1003]" in capsys.readouterr().out  # heard, and found wanting
    asking.close()


def test_a_body_without_a_key_is_not_waited_for(port: int) -> None:
    with Wire(port) as wire:
        wire.send(b"POST /any/prediction HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n{")
        status, headers = wire.head()
    assert (status, headers["connection"]) == (401, "close")


def test_a_connections_first_key_counts_for_what_follows(wire: BrpcWire) -> None:
    wire.send(with_key(KEY))
    assert wire.answered() == 13
    assert wire.price(2) == 26
    wire.send(with_key(OTHER, 3))
    assert wire.answered() == 13


def test_frames_without_a_key_are_refused_until_one_comes(wire: BrpcWire) -> None:
    wire.send(call(1, 1) + with_key(OTHER, 2) + with_key(KEY, 3) + call(2, 4))
    frames = {frame.meta.correlation_id: frame.meta.response for frame in wire.frames(4)}
    assert [frames[number].error_code for number in (1, 2, 3, 4)] == [1004, 1004, 0, 0]
    assert "authentication_data" in frames[1].error_text


def test_a_frame_without_a_key_is_refused_before_it_has_come(wire: BrpcWire) -> None:
    refused = with_key(OTHER, 1, payload=b"x" * 10_000)
    wire.send(refused[:-9_000])
    assert wire.frame().meta.response.error_code == 1004
    wire.send(refused[-9_000:] + with_key(KEY, 2))
    assert wire.answered() == 13


def test_metadata_of_a_grpc_call_carries_the_key(port: int) -> None:
    infer, refused = f"/{FULL_SERVICE}/inference", grpc.StatusCode.UNAUTHENTICATED
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        for metadata in ((("authorization", f"Bearer {KEY}"),), (("x-api-key", KEY),)):
            assert channel.unary_unary(infer)(request_body(1), timeout=20, metadata=metadata)
        for metadata in ((), (("x-api-key", OTHER),), (("x-api-key-bin", KEY.encode()),)):  # type: ignore[assignment]
            for path in (infer, "/inference.GRPCInferenceService/RepositoryIndex", "/nope/nope"):
                with pytest.raises(grpc.RpcError) as caught:
                    channel.unary_unary(path)(request_body(1), timeout=20, metadata=metadata)
                assert caught.value.code() is refused
        stream = channel.stream_stream("/inference.GRPCInferenceService/ModelStreamInfer")
        with pytest.raises(grpc.RpcError) as caught:
            list(stream(iter([b""]), timeout=20))
        assert caught.value.code() is refused


def test_a_grpc_servers_health_is_told_to_anybody_and_its_services_are_not(port: int) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=20)
        assert health.status == health_pb2.HealthCheckResponse.SERVING
        live = channel.unary_unary("/inference.GRPCInferenceService/ServerLive")(b"", timeout=20)
        assert pb.ServerLiveResponse.FromString(live).live
        with pytest.raises(grpc.RpcError) as caught:
            ProtoReflectionDescriptorDatabase(channel).get_services()
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
