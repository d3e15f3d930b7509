"""One echo model on a stand-in server of each protocol, behind the address that `connect` takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from serving_kit.codecs import open_inference, open_inference_message, open_inference_writing
from serving_kit.codecs import open_inference_pb2 as pb
from serving_kit.errors import Kind
from tests.unit.clients import brpc_stand_in, grpc_stand_in
from tests.unit.clients.grpc_stand_in import GrpcStandIn
from tests.unit.clients.stand_in import Answer, Asked, Handler, StandIn, serving_http

NAME = "tag-words"
INFER = f"/v2/models/{NAME}/infer"
PORTS = [
    {"name": "words", "datatype": "INT64", "shape": [-1, 1]},
    {"name": "scale", "datatype": "FP32", "shape": [1]},
    {"name": "text", "datatype": "BYTES", "shape": [1]},
    {"name": "half", "datatype": "BF16", "shape": [-1]},
]
METADATA = {"name": NAME, "versions": ["1"], "platform": "stand-in", "inputs": PORTS, "outputs": PORTS[:1]}


@dataclass
class Echo:
    """A server that gives tensors back: `fails` makes each later inference fail, `inferences` counts them."""

    url: str
    server: Any
    failures: list[Kind | str]

    @property
    def inferences(self) -> int:
        if isinstance(self.server, StandIn):
            return [asked.path for asked in self.server.asked].count(INFER)
        if isinstance(self.server, GrpcStandIn):
            return self.server.methods.count("ModelInfer")
        return len(self.server.calls)


STATUSES = {
    Kind.BAD_INPUT: 400,
    Kind.NOT_FOUND: 404,
    Kind.OVERLOADED: 429,
    Kind.INTERNAL: 500,
    Kind.UNAVAILABLE: 503,
    Kind.DEADLINE: 504,
}


def _say(body: bytes) -> Answer:
    return lambda handler, _: handler.answer(200, body)


@contextmanager
def _http(failures: list[Kind | str]) -> Iterator[Echo]:
    with serving_http() as server:

        def infer(handler: Handler, asked: Asked) -> None:
            if failures:
                kind = Kind(failures.pop(0))
                return handler.answer(STATUSES[kind], orjson.dumps({"error": f"it is {kind}"}))
            decoded = open_inference.decode_request(asked.body, int(asked.headers["inference-header-content-length"]))
            named = {tensor.name: tensor for tensor in decoded.infer.tensors}
            outputs = {name: named[name] for name in decoded.infer.fetch or named}
            body, length = open_inference_writing.encode_response(NAME, outputs, is_binary=decoded.is_binary)
            return handler.answer(200, body, "application/octet-stream", Inference_Header_Content_Length=str(length))

        for path, document in {
            "/v2/models": {"models": [NAME]},
            f"/v2/models/{NAME}": METADATA,
            "/v2/health/ready": {"ready": True},
        }.items():
            server.answers[path] = _say(orjson.dumps(document))
        server.answers[INFER] = infer
        yield Echo(server.url, server, failures)


@contextmanager
def _grpc(failures: list[Kind | str]) -> Iterator[Echo]:
    with grpc_stand_in.serving() as server:

        def infer(body: bytes, context: Any) -> bytes:
            if failures:
                kind = Kind(failures.pop(0))
                status = grpc_stand_in.STATUSES[kind]
                return grpc_stand_in.refuse(status, f"it is {kind}", ("serving-kit-error", str(kind)))(body, context)
            request = open_inference_message.decode_request(pb.ModelInferRequest.FromString(body))
            named = {tensor.name: tensor for tensor in request.tensors}
            outputs = {name: named[name] for name in request.fetch or named}
            return open_inference_message.encode_response(NAME, outputs).SerializeToString()

        ports = {"inputs": METADATA["inputs"], "outputs": METADATA["outputs"]}
        metadata = pb.ModelMetadataResponse(name=NAME, versions=["1"], platform="stand-in", **ports)  # type: ignore[arg-type]
        index = pb.RepositoryIndexResponse(models=[pb.RepositoryIndexResponse.ModelIndex(name=NAME, state="READY")])
        server.answers = {
            "ModelInfer": infer,
            "ModelMetadata": lambda *_: metadata.SerializeToString(),
            "RepositoryIndex": lambda *_: index.SerializeToString(),
            "ServerReady": lambda *_: pb.ServerReadyResponse(ready=True).SerializeToString(),
        }
        yield Echo(f"grpc://127.0.0.1:{server.port}", server, failures)


@contextmanager
def _brpc(failures: list[Kind | str]) -> Iterator[Echo]:
    def infer(call: brpc_stand_in.Call) -> None:
        if failures:
            kind = Kind(failures.pop(0))
            return call.fail(brpc_stand_in.code_of(kind), f"it is {kind}")
        return brpc_stand_in.echo(call)

    with brpc_stand_in.serving(answer=infer) as server:
        yield Echo(f"brpc://{server.address}", server, failures)


SERVERS = {"http": _http, "grpc": _grpc, "brpc": _brpc}
