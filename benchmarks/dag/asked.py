"""Requests to a pipeline as bytes made beforehand, over gRPC and over HTTP, and how an answer is read."""

from collections.abc import Callable

import orjson

from benchmarks.asker import HttpAsker
from benchmarks.http2 import GrpcAsker, call
from benchmarks.question import Question, post
from serving_kit.codecs import pipeline_message
from serving_kit.codecs.pipeline_message import FULL_SERVICE, METHOD, PipelineRequest, PipelineResponse

PATH = f"/{FULL_SERVICE}/{METHOD}"
_PREFIX_BYTES = 5  # of a message within gRPC

Read = Callable[[str], float]
"""Reads what must be right out of the one value of an answer."""


def grpc_question(protocol: str, service: str, key: str, value: str, read: Read) -> Question:
    """Return the question as PipelineClient asks it."""
    return Question(
        protocol, GrpcAsker, call(PATH, message(service, key, value)), lambda answer: read(_of_message(answer))
    )


def http_question(protocol: str, service: str, key: str, value: str, read: Read) -> Question:
    """Return the question as it is put to the old gateway."""
    body = orjson.dumps({"key": [key], "value": [value]})
    return Question(
        protocol, HttpAsker, post(f"/{service}/prediction", body), lambda answer: read(_of_document(answer))
    )


def message(service: str, key: str, value: str) -> bytes:
    """Return the question as a message of PipelineService."""
    request = PipelineRequest({key: value}, client_ip="127.0.0.1", name=service, method="prediction")
    return pipeline_message.encode_request(request)


def _of_message(answer: bytes) -> str:
    response = pipeline_message.decode_response(answer[_PREFIX_BYTES:])
    if response.err_no:
        raise ValueError(f"err_no {response.err_no}: {response.err_msg}")
    return _only(response)


def _of_document(answer: bytes) -> str:
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise ValueError("the status is not 200")
    document = orjson.loads(body)
    if document["err_no"]:
        raise ValueError(f"err_no {document['err_no']}: {document['err_msg']}")
    (value,) = document["value"]
    return str(value)


def _only(response: PipelineResponse) -> str:
    (value,) = response.values.values()
    return value
