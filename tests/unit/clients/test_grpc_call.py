"""Statuses of servers that nobody here wrote; those of this project's servers are in `test_model_client`."""

import grpc
import pytest

from serving_kit.clients.deadline import Deadline
from serving_kit.clients.grpc_call import channel_options, document_of, target_of, told
from serving_kit.clients.retry import Refused
from serving_kit.codecs import open_inference_pb2 as pb
from serving_kit.errors import (
    BadInput,
    DeadlineExceeded,
    Internal,
    NotFound,
    Overloaded,
    ServingKitError,
    TooLarge,
    Unavailable,
)


class RpcError(grpc.RpcError):
    def __init__(self, status: grpc.StatusCode, text: str, **metadata: str) -> None:
        self.status, self.text, self.metadata = status, text, metadata

    def code(self) -> grpc.StatusCode:
        return self.status

    def details(self) -> str:
        return self.text

    def trailing_metadata(self) -> tuple[tuple[str, str], ...]:
        return tuple((name.replace("_", "-"), value) for name, value in self.metadata.items())


@pytest.mark.parametrize(
    ("status", "text", "error"),
    [
        ("INVALID_ARGUMENT", "bad shape", BadInput),
        ("OUT_OF_RANGE", "bad shape", BadInput),
        ("NOT_FOUND", "no model", NotFound),
        ("UNIMPLEMENTED", "no method", NotFound),
        ("RESOURCE_EXHAUSTED", "queue full", Overloaded),
        ("RESOURCE_EXHAUSTED", "SERVER: Received message larger than max (9 vs. 5)", TooLarge),
        ("DEADLINE_EXCEEDED", "Deadline Exceeded", DeadlineExceeded),
        ("INTERNAL", "engine failed", Internal),
        ("UNKNOWN", "", Internal),
        ("UNAVAILABLE", "Socket closed", Unavailable),
        ("CANCELLED", "", Unavailable),
        ("UNAVAILABLE", "failed to connect to all addresses; last error: refused", Refused),
        ("UNAVAILABLE", "connections to all backends failing; last error: refused", Refused),
        ("UNAVAILABLE", "errors resolving a:1: [domain name not found]", Refused),
    ],
)
def test_a_status_is_one_of_the_packages_errors(status: str, text: str, error: type[ServingKitError]) -> None:
    caught = told(RpcError(grpc.StatusCode[status], text), "grpc://a:1", Deadline.after(5))
    assert type(caught) is error
    assert text in str(caught) or error is DeadlineExceeded


def test_only_a_server_that_says_it_takes_nothing_makes_unavailable_safe_to_try_again() -> None:
    ours = RpcError(grpc.StatusCode.UNAVAILABLE, "the server drains", serving_kit_error="unavailable")
    assert type(told(ours, "a:1", Deadline.after(5))) is Refused


def test_the_kind_of_this_projects_servers_goes_before_the_status() -> None:
    ours = RpcError(grpc.StatusCode.RESOURCE_EXHAUSTED, "too large", serving_kit_error="too_large")
    assert type(told(ours, "a:1", Deadline.after(5))) is TooLarge
    unknown = RpcError(grpc.StatusCode.NOT_FOUND, "no model", serving_kit_error="of another version")
    assert type(told(unknown, "a:1", Deadline.after(5))) is NotFound


def test_metadata_reads_as_over_rest() -> None:
    port = pb.ModelMetadataResponse.TensorMetadata(name="x", datatype="FP32", shape=[-1, 13])
    document = document_of(pb.ModelMetadataResponse(name="m", versions=["1"], inputs=[port]))
    assert document["inputs"] == [{"name": "x", "datatype": "FP32", "shape": [-1, 13]}]
    assert document["outputs"] == []


@pytest.mark.parametrize(("url", "target"), [("grpc://a:1/", "dns:///a:1"), ("grpc://[::1]:1", "dns:///[::1]:1")])
def test_a_url_becomes_a_target(url: str, target: str) -> None:
    assert target_of(url)[0] == target
    with pytest.raises(BadInput, match="write it like"):
        target_of("grpc://a")


def test_a_proxy_stands_before_other_machines_only() -> None:
    assert dict(channel_options("::1"))["grpc.enable_http_proxy"] == 0
    assert dict(channel_options("example.com"))["grpc.enable_http_proxy"] == 1
