"""gRPC on a real port, as grpcio's own client asks."""

from collections.abc import Iterator
from typing import TypeVar

import grpc
import numpy as np
import pytest
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from serving_kit import __version__
from serving_kit.codecs import open_inference_pb2 as pb
from serving_kit.codecs.general_message import FULL_SERVICE, decode_response
from serving_kit.codecs.open_inference_message import decode_response as decode_infer
from serving_kit.codecs.open_inference_message import encode_request
from serving_kit.errors import Kind
from serving_kit.transports.grpc.status import KIND_KEY
from serving_kit.types import Tensor
from tests.unit.served import FailingEngine, GatedEngine, LinearEngine, serve
from tests.unit.transports.asking import LIMIT_BYTES
from tests.unit.transports.brpc import request_body
from tests.unit.transports.stuck import StuckExecutor
from tests.unit.transports.wire import running

pytestmark = pytest.mark.integration

M = TypeVar("M", bound=Message)
INFERENCE = f"/{FULL_SERVICE}/inference"


class Asked:
    """A channel and the calls of it."""

    def __init__(self, port: int) -> None:
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.max_send_message_length", -1)])

    def __enter__(self) -> "Asked":
        return self

    def __exit__(self, *_: object) -> None:
        self.channel.close()

    def call(self, path: str, body: bytes, **fields: object) -> bytes:
        return self.channel.unary_unary(path)(body, **{"timeout": 20, **fields})

    def inference(self, method: str, request: Message, answer: type[M]) -> M:
        path = f"/inference.GRPCInferenceService/{method}"
        return answer.FromString(self.call(path, request.SerializeToString()))

    def refused(self, path: str, body: bytes, **fields: object) -> tuple[grpc.StatusCode, str, str | None]:
        with pytest.raises(grpc.RpcError) as caught:
            self.call(path, body, **fields)
        trailing = dict(caught.value.trailing_metadata() or ())
        return caught.value.code(), caught.value.details(), trailing.get(KIND_KEY)


@pytest.fixture(scope="module")
def asked() -> Iterator[Asked]:
    with running(serve(LinearEngine())) as server, Asked(server.port) as asked:
        yield asked


def prices(value: float, rows: int = 1) -> pb.ModelInferRequest:
    return encode_request("uci_housing", {"x": Tensor(np.full((rows, 13), value, np.float32))}, request_id="7")


@pytest.mark.parametrize("method", ["inference", "debug"])
def test_general_model_service_answers(asked: Asked, method: str) -> None:
    answer = decode_response(asked.call(f"/{FULL_SERVICE}/{method}", request_body(2, log_id=7)))
    assert answer.outputs[0].tensors[0].tensor.array.tolist() == [[26.0]]
    assert (answer.outputs[0].engine_name, answer.log_id) == ("GeneralInferOp_0", 7)


def test_what_is_wrong_has_its_status(asked: Asked) -> None:
    code = grpc.StatusCode
    infer = "/inference.GRPCInferenceService/ModelInfer"
    other = encode_request("other", {}).SerializeToString()
    for path, body, status, said in (
        (INFERENCE, b"\xff\xff\xff", code.INVALID_ARGUMENT, "Fail to parse request message, request_size=3"),
        (INFERENCE, b"", code.INVALID_ARGUMENT, "input 'features' is missing"),
        (infer, b"\xff\xff\xff", code.INVALID_ARGUMENT, "the 3 bytes of the message are no ModelInferRequest"),
        (infer, other, code.NOT_FOUND, "model 'other' is not served here"),
        (f"/{FULL_SERVICE}/nope", b"", code.UNIMPLEMENTED, "Method not found"),
        ("/nope/inference", b"", code.UNIMPLEMENTED, "Method not found"),
        (INFERENCE, b"x" * (LIMIT_BYTES + 1), code.RESOURCE_EXHAUSTED, "larger than max"),
    ):
        found, text, _ = asked.refused(path, body)
        assert (found, said in text) == (status, True), (found, text)
    assert asked.call(INFERENCE, request_body(1))


def test_an_engine_that_fails_is_internal() -> None:
    with running(serve(FailingEngine())) as server, Asked(server.port) as asked:
        code, text, kind = asked.refused(INFERENCE, request_body(1))
    assert (code, "axis out of range" in text, kind) == (grpc.StatusCode.INTERNAL, True, Kind.INTERNAL)


def test_a_full_queue_is_told_apart_from_too_large_a_body() -> None:
    engine = GatedEngine()
    with running(serve(engine, queue_limit=1)) as server, Asked(server.port) as asked:
        first = asked.channel.unary_unary(INFERENCE).future(request_body(1), timeout=20)
        assert engine.running.wait(20)
        code, text, kind = asked.refused(INFERENCE, request_body(1))
        engine.gate.set()
        assert first.result()
    assert (code, kind) == (grpc.StatusCode.RESOURCE_EXHAUSTED, Kind.OVERLOADED)
    assert "already waiting for this model" in text


def test_a_callers_deadline_and_its_cancelling_give_the_work_up() -> None:
    model = serve(LinearEngine())
    stuck = model.executor = StuckExecutor()
    with running(model) as server, Asked(server.port) as asked:
        code, _, _ = asked.refused(INFERENCE, request_body(1), timeout=0.2)
        assert code is grpc.StatusCode.DEADLINE_EXCEEDED
        assert stuck.given_up.wait(20)
        again = model.executor = StuckExecutor()
        call = asked.channel.unary_unary(INFERENCE).future(request_body(1))
        assert again.accepted.wait(20)
        call.cancel()
        assert again.given_up.wait(20)


def test_the_work_of_a_client_that_hangs_up_is_given_up() -> None:
    model = serve(LinearEngine())
    stuck = model.executor = StuckExecutor()
    with running(model) as server:
        with Asked(server.port) as asked:
            call = asked.channel.unary_unary(INFERENCE).future(request_body(1))  # dropping it would cancel it
            assert stuck.accepted.wait(20)
        assert call.done()
        assert stuck.given_up.wait(20)


def test_infer_answers_raw_with_the_requests_id(asked: Asked) -> None:
    message = asked.inference("ModelInfer", prices(2), pb.ModelInferResponse)
    assert (message.model_name, message.model_version, message.id) == ("uci_housing", "1", "7")
    assert decode_infer(message)["price"].tensor.array.tolist() == [[26.0]]
    assert not message.outputs[0].HasField("contents")
    assert len(message.raw_output_contents) == 1


def test_outputs_come_under_the_name_they_were_asked_for_by(asked: Asked) -> None:
    request = prices(1)
    request.outputs.add(name="fc_0.tmp_1")
    assert list(decode_infer(asked.inference("ModelInfer", request, pb.ModelInferResponse))) == ["fc_0.tmp_1"]


def test_a_parameter_that_has_no_meaning_here_is_passed_over(asked: Asked) -> None:
    request = prices(1)
    request.parameters["triton_enable_empty_final_response"].bool_param = True
    assert asked.inference("ModelInfer", request, pb.ModelInferResponse).outputs


def test_a_stream_answers_each_request_and_outlives_a_wrong_one(asked: Asked) -> None:
    requests = [prices(1), encode_request("other", {}, request_id="8"), prices(3)]
    stream = asked.channel.stream_stream("/inference.GRPCInferenceService/ModelStreamInfer")
    parsed = [
        pb.ModelStreamInferResponse.FromString(body)
        for body in stream(iter([request.SerializeToString() for request in requests]), timeout=20)
    ]
    first, wrong, last = parsed
    assert decode_infer(first.infer_response)["price"].tensor.array.item() == 13
    assert (wrong.infer_response.id, "model 'other' is not served here" in wrong.error_message) == ("8", True)
    assert decode_infer(last.infer_response)["price"].tensor.array.item() == 39


def test_server_and_model_are_described(asked: Asked) -> None:
    assert asked.inference("ServerLive", pb.ServerLiveRequest(), pb.ServerLiveResponse).live
    assert asked.inference("ServerReady", pb.ServerReadyRequest(), pb.ServerReadyResponse).ready
    assert asked.inference("ModelReady", pb.ModelReadyRequest(name="uci_housing"), pb.ModelReadyResponse).ready
    server = asked.inference("ServerMetadata", pb.ServerMetadataRequest(), pb.ServerMetadataResponse)
    assert (server.name, server.version, "statistics" in server.extensions) == ("serving-kit", __version__, True)
    named = pb.ModelMetadataRequest(name="uci_housing", version="1")
    model = asked.inference("ModelMetadata", named, pb.ModelMetadataResponse)
    assert (list(model.versions), model.platform) == (["1"], "paddle 3.2.2")
    (features,) = model.inputs
    assert (features.name, features.datatype, list(features.shape)) == ("features", "FP32", [-1, 13])
    config = asked.inference("ModelConfig", pb.ModelConfigRequest(name="uci_housing"), pb.ModelConfigResponse).config
    assert (config.name, config.max_batch_size, config.backend) == ("uci_housing", 1024, "paddle")
    assert (config.input[0].data_type, list(config.input[0].dims)) == (pb.TYPE_FP32, [13])


def test_statistics_count_instances_and_requests() -> None:
    with running(serve(LinearEngine())) as server, Asked(server.port) as asked:
        asked.inference("ModelInfer", prices(1, rows=3), pb.ModelInferResponse)
        asked.refused(INFERENCE, request_body(1, fetch=["cost"]))
        for named in (pb.ModelStatisticsRequest(), pb.ModelStatisticsRequest(name="uci_housing")):
            (counted,) = asked.inference("ModelStatistics", named, pb.ModelStatisticsResponse).model_stats
            assert (counted.name, counted.version, counted.inference_count) == ("uci_housing", "1", 3)
            assert (counted.inference_stats.success.count, counted.inference_stats.fail.count) == (1, 1)


def test_models_are_listed_and_unloaded() -> None:
    with running(serve(LinearEngine()), serve(LinearEngine(), "twin")) as server, Asked(server.port) as asked:
        gone = pb.RepositoryModelUnloadRequest(model_name="twin")
        asked.inference("RepositoryModelUnload", gone, pb.RepositoryModelUnloadResponse)
        index = asked.inference("RepositoryIndex", pb.RepositoryIndexRequest(), pb.RepositoryIndexResponse)
        ready = asked.inference("RepositoryIndex", pb.RepositoryIndexRequest(ready=True), pb.RepositoryIndexResponse)
        is_ready = asked.inference("ModelReady", pb.ModelReadyRequest(name="twin"), pb.ModelReadyResponse).ready
        load = pb.RepositoryModelLoadRequest(model_name="twin")
        load.parameters["config"].string_param = "{}"
        refusal = asked.refused("/inference.GRPCInferenceService/RepositoryModelLoad", load.SerializeToString())
    states = [(model.name, model.state, model.reason) for model in index.models]
    assert states == [("uci_housing", "READY", ""), ("twin", "UNAVAILABLE", "unloaded")]
    assert [model.name for model in ready.models] == ["uci_housing"]
    assert not is_ready
    assert "parameter 'config' is not taken" in refusal[1]


def test_health_is_checked_by_the_standard_service(asked: Asked) -> None:
    stub = health_pb2_grpc.HealthStub(asked.channel)
    for service in ("", FULL_SERVICE, "inference.GRPCInferenceService"):
        answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=20)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_services_describe_themselves(asked: Asked) -> None:
    database = ProtoReflectionDescriptorDatabase(asked.channel)
    assert {FULL_SERVICE, "inference.GRPCInferenceService", "grpc.health.v1.Health"} <= set(database.get_services())
    file = database.FindFileContainingSymbol(f"{FULL_SERVICE}.inference")  # of a method, which protobuf's pool lacks
    assert [message.name for message in file.message_type] == ["Tensor", "Request", "Response", "ModelOutput"]
    fresh = ProtoReflectionDescriptorDatabase(asked.channel)
    with pytest.raises(KeyError):
        fresh.FindFileContainingSymbol(f"{FULL_SERVICE}.nothing")


@pytest.mark.parametrize("compression", [grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_compressed_messages_are_read(asked: Asked, compression: grpc.Compression) -> None:
    assert asked.call(INFERENCE, request_body(1, rows=20), compression=compression)


def test_a_stop_waits_for_what_was_asked() -> None:
    engine = GatedEngine()
    with running(serve(engine)) as server, Asked(server.port) as asked:
        call = asked.channel.unary_unary(INFERENCE).future(request_body(1), timeout=20)
        assert engine.running.wait(20)
        server.stop()
        engine.gate.set()
        assert decode_response(call.result()).outputs[0].tensors[0].tensor.array.item() == 13


@pytest.mark.parametrize("size_bytes", [1, 100_000_000])
def test_messages_of_every_size_are_answered(size_bytes: int) -> None:
    rows = max(1, size_bytes // 52)
    with running(serve(LinearEngine()), max_body_bytes=1 << 28) as server:
        options = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
        with grpc.insecure_channel(f"127.0.0.1:{server.port}", options) as channel:
            body = channel.unary_unary(INFERENCE)(request_body(1, rows=rows), timeout=60)
    assert decode_response(body).outputs[0].tensors[0].tensor.array.shape == (rows, 1)
