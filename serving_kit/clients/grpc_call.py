"""Calls over gRPC, without their connection: options, methods and messages, and statuses as the package's errors."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from serving_kit.clients.address import Address
from serving_kit.clients.channel import Tensors
from serving_kit.clients.deadline import Deadline
from serving_kit.clients.retry import Refused
from serving_kit.codecs import open_inference_pb2 as pb
from serving_kit.codecs.open_inference_message import decode_response, encode_request
from serving_kit.errors import BadInput, Internal, Kind, ServingKitError, Unavailable, Unsupported, of_kind

_SERVICE = "inference.GRPCInferenceService"
_KIND_KEY = "serving-kit-error"  # trailing metadata in which this project's servers say the kind of an error
# gRPC's core, where no connection could be made: to one server, to any of several, to a name that there is not.
_NEVER_SENT = ("failed to connect to all addresses", "connections to all backends failing", "errors resolving")
_OVER_LIMIT = "message larger than max"  # gRPC's core again, on either side
_KINDS = {
    "INVALID_ARGUMENT": Kind.BAD_INPUT,
    "OUT_OF_RANGE": Kind.BAD_INPUT,
    "FAILED_PRECONDITION": Kind.BAD_INPUT,
    "UNAUTHENTICATED": Kind.UNAUTHENTICATED,
    "NOT_FOUND": Kind.NOT_FOUND,
    "UNIMPLEMENTED": Kind.NOT_FOUND,
    "RESOURCE_EXHAUSTED": Kind.OVERLOADED,
    "UNAVAILABLE": Kind.UNAVAILABLE,
    "CANCELLED": Kind.UNAVAILABLE,
    "DEADLINE_EXCEEDED": Kind.DEADLINE,
}


@dataclass(frozen=True, slots=True)
class Call:
    """A method, its request, and the type that answers it."""

    path: str
    request: Message
    answer: type[Any]


READY = Call(f"/{_SERVICE}/ServerReady", pb.ServerReadyRequest(), pb.ServerReadyResponse)
MODELS = Call(f"/{_SERVICE}/RepositoryIndex", pb.RepositoryIndexRequest(ready=True), pb.RepositoryIndexResponse)


def grpc_library() -> ModuleType:
    """Return the module grpc; Unsupported says what to install where it is missing."""
    try:
        import grpc
        import grpc.aio
    except ImportError:
        raise Unsupported("gRPC needs the package grpcio; pip install serving-kit[client]") from None
    return sys.modules[grpc.__name__]


def channel_options(host: str, limit_bytes: int = -1) -> list[tuple[str, int]]:
    """Return the options of a channel to `host`: messages up to `limit_bytes` (-1: any), servers tried again soon."""
    return [
        ("grpc.max_send_message_length", limit_bytes),
        ("grpc.max_receive_message_length", limit_bytes),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 1000),
        # Clients share no connections, so that closing one, or its failure, is nobody else's.
        ("grpc.use_local_subchannel_pool", 1),
        # A proxy set in the environment cannot reach this machine's own loopback address.
        ("grpc.enable_http_proxy", int(host not in ("127.0.0.1", "localhost", "::1"))),
    ]


def target_of(url: str) -> tuple[str, Address]:
    """Return gRPC's target and the address of a `grpc://host:port` URL; BadInput shows how to write one."""
    address = Address.parse(url.removeprefix("grpc://").rstrip("/"))
    return f"dns:///{address}", address


def infer_call(model: str, tensors: Tensors, fetch: Sequence[str]) -> Call:
    """Return the call for an inference, with raw tensors."""
    request = encode_request(model, tensors, fetch)
    return Call(f"/{_SERVICE}/ModelInfer", request, pb.ModelInferResponse)


def metadata_call(model: str) -> Call:
    """Return the call for a model's metadata."""
    return Call(f"/{_SERVICE}/ModelMetadata", pb.ModelMetadataRequest(name=model), pb.ModelMetadataResponse)


def outputs_of(answer: pb.ModelInferResponse, who: str) -> Tensors:
    """Return the tensors of an answer; Internal where it cannot be read."""
    try:
        return decode_response(answer)
    except BadInput as error:
        raise Internal(f"{who} sent an answer that cannot be read: {error}") from None


def document_of(answer: pb.ModelMetadataResponse) -> dict[str, Any]:
    """Return a model's metadata as REST tells it; gRPC has no field for this project's own `parameters`."""
    document: dict[str, Any] = MessageToDict(answer, preserving_proto_field_name=True)
    for port in (*document.setdefault("inputs", []), *document.setdefault("outputs", [])):
        port["shape"] = [int(size) for size in port.get("shape", [])]
    return document


def names_of(answer: pb.RepositoryIndexResponse) -> list[str]:
    """Return the models' names of an answer to `MODELS`."""
    return [model.name for model in answer.models]


def told(error: Any, who: str, deadline: Deadline) -> ServingKitError:
    """Return what gRPC raised (a `grpc.RpcError`) as one of the package's errors."""
    status, text = error.code().name, error.details() or ""
    said = dict(error.trailing_metadata() or ()).get(_KIND_KEY)
    kind = Kind(said) if said in set(Kind) else _KINDS.get(status, Kind.INTERNAL)
    if said is None and _OVER_LIMIT in text:
        kind = Kind.TOO_LARGE
    if kind is Kind.DEADLINE and said is None:
        return deadline.exceeded(who)
    if kind is not Kind.UNAVAILABLE:
        return of_kind(kind, text or f"{who} answered with gRPC status {status} and no reason; look into its log")
    if said is not None:
        return Refused(text)
    if any(words in text for words in _NEVER_SENT):
        return Refused(f"no server answers at {who} ({text}); start it or correct the address")
    return Unavailable(f"{who} broke the connection before it had answered ({text}); ask again if that does no harm")
