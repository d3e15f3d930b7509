"""The same question in every protocol: the bytes to send, and how to read the price out of the answer."""

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from benchmarks.asker import Asker, BrpcAsker, HttpAsker, Price
from benchmarks.housing import FEED, FETCH, NAME, ROW
from benchmarks.http2 import GrpcAsker, call
from serving_kit.codecs import general_message, open_inference, open_inference_message, open_inference_writing
from serving_kit.codecs.baidu_std import FrameReader, encode_frame, request_meta
from serving_kit.codecs.open_inference_pb2 import ModelInferResponse
from serving_kit.types import ElementType, InferRequest, InferResponse, NamedTensor

_GENERAL_PATH = f"/{general_message.SERVICE}/{general_message.METHODS[0]}"
_GRPC_PATH = f"/{general_message.FULL_SERVICE}/{general_message.METHODS[0]}"
_OIP_PATH = f"/v2/models/{NAME}/infer"
_PREFIX_BYTES = 5  # of a message within gRPC


@dataclass(frozen=True)
class Question:
    """A request in one protocol; `protocol` is its name in tables and rows."""

    protocol: str
    asker: type[Asker]
    request: bytes
    price: Price


def questions() -> tuple[Question, ...]:
    """Return the question in every protocol that the server speaks."""
    message = general_request()
    values = ROW.array.ravel().tolist()
    json_tensor = {"float_data": values, "elem_type": 1, "shape": [1, 13], "name": FEED, "alias_name": FEED}
    json_input = {"name": FEED, "shape": [1, 13], "datatype": "FP32", "data": values}
    general = orjson.dumps({"tensor": [json_tensor], "fetch_var_names": [FETCH], "log_id": 0})
    oip = orjson.dumps({"inputs": [json_input], "outputs": [{"name": FETCH}]})
    binary, header_bytes = open_inference_writing.encode_request({FEED: ROW}, [FETCH])
    length = f"Inference-Header-Content-Length: {header_bytes}\r\n"
    oip_message = open_inference_message.encode_request(NAME, {FEED: ROW}, [FETCH]).SerializeToString()
    meta = request_meta(general_message.FULL_SERVICE, general_message.METHODS[0], 1)
    return (
        Question("HTTP+JSON", HttpAsker, post(_GENERAL_PATH, general), _general_json),
        Question("HTTP+protobuf", HttpAsker, post(_GENERAL_PATH, message, "application/proto"), _general_body),
        Question("gRPC", GrpcAsker, call(_GRPC_PATH, message), general_grpc),
        Question("bRPC", BrpcAsker, encode_frame(meta, message), _general_frame),
        Question("OIP REST JSON", HttpAsker, post(_OIP_PATH, oip), _oip_json),
        Question(
            "OIP REST binary", HttpAsker, post(_OIP_PATH, binary, "application/octet-stream", length), _oip_binary
        ),
        Question("OIP gRPC", GrpcAsker, call("/inference.GRPCInferenceService/ModelInfer", oip_message), _oip_grpc),
    )


def fastapi_question() -> Question:
    """Return the question to the FastAPI peer."""
    body = orjson.dumps({FEED: ROW.array.tolist()})
    return Question("peer: FastAPI + pydantic", HttpAsker, post("/predict", body), _plain_json)


def grpc_question() -> Question:
    """Return the question to the grpc.aio peer."""
    return Question("peer: grpc.aio", GrpcAsker, call(_GRPC_PATH, general_request()), general_grpc)


def post(path: str, body: bytes, content_type: str = "application/json", further_headers: str = "") -> bytes:
    """Return a POST request as the bytes of one write; each of `further_headers` ends with a line's end."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n"
    return f"{head}{further_headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def general_request() -> bytes:
    """Return Paddle Serving's Request as protobuf."""
    return general_message.encode_request(InferRequest((NamedTensor(FEED, ROW, FEED, ElementType.FP32),), (FETCH,)))


def _body(answer: bytes) -> bytes:
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise ValueError("the status is not 200")
    return answer.partition(b"\r\n\r\n")[2]


def _first(response: InferResponse) -> float:
    return float(response.outputs[0].tensors[0].tensor.array.item())


def _general_json(answer: bytes) -> float:
    return float(orjson.loads(_body(answer))["outputs"][0]["tensor"][0]["float_data"][0])


def _general_body(answer: bytes) -> float:
    return _first(general_message.decode_response(_body(answer)))


def _general_frame(answer: bytes) -> float:
    (frame,) = FrameReader(len(answer)).feed(answer)
    return _first(general_message.decode_response(frame.payload or b""))


def general_grpc(answer: bytes) -> float:
    """Read the price out of a gRPC answer of GeneralModelService."""
    return _first(general_message.decode_response(answer[_PREFIX_BYTES:]))


def _oip_price(header_length: Callable[[bytes], int | None]) -> Price:
    def price(answer: bytes) -> float:
        decoded = open_inference.decode_response(_body(answer), header_length(answer))
        return float(decoded[FETCH].tensor.array.item())

    return price


def _header_length(answer: bytes) -> int:
    found = answer.lower().partition(b"\r\ninference-header-content-length:")[2]
    return int(found.partition(b"\r\n")[0])


_oip_json = _oip_price(lambda _: None)
_oip_binary = _oip_price(_header_length)


def _oip_grpc(answer: bytes) -> float:
    decoded = open_inference_message.decode_response(ModelInferResponse.FromString(answer[_PREFIX_BYTES:]))
    return float(decoded[FETCH].tensor.array.item())


def _plain_json(answer: bytes) -> float:
    return float(orjson.loads(_body(answer))[FETCH][0][0])
