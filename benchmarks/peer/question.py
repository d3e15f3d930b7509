"""One request over HTTP as bytes made beforehand, and how to read the numbers out of its answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import httpx
import numpy as np
import orjson

from benchmarks.peer.model import FEED, FETCH, Made
from serving_kit.codecs import open_inference, open_inference_writing
from serving_kit.types import Array

_HEADER_LENGTH = "Inference-Header-Content-Length"


class Wire(StrEnum):
    """How a tensor travels: as a list of numbers in JSON, or as its bytes."""

    JSON = "json"
    BINARY = "binary"


@dataclass(frozen=True)
class Question:
    """A POST: its path, body and headers; `read` returns the answer's numbers, float32 of any shape."""

    path: str
    body: bytes
    headers: Mapping[str, str]
    read: Callable[[httpx.Response], Array]

    @property
    def summary(self) -> str:
        """What goes over the wire, in a few words."""
        return f"POST {self.path}, {len(self.body):,} bytes of {self.headers['Content-Type']}"


Questions = Mapping[Wire, Question]


def plain_json(path: str, made: Made) -> Question:
    """Return `{"x": rows}`, answered with `{"y": rows}`."""
    body = orjson.dumps({FEED: made.array.tolist()})
    return Question(path, body, {"Content-Type": "application/json"}, _plain_json)


def raw(path: str, made: Made) -> Question:
    """Return the tensor's float32 bytes, little-endian, without anything around them; answered in the same way."""
    headers = {"Content-Type": "application/octet-stream"}
    return Question(path, made.array.tobytes(), headers, lambda answer: np.frombuffer(answer.content, np.float32))


def open_inference_json(path: str, made: Made) -> Question:
    """Return a request of the Open Inference Protocol as JSON."""
    tensor = {"name": FEED, "shape": made.array.shape, "datatype": "FP32", "data": made.array.ravel().tolist()}
    body = orjson.dumps({"inputs": [tensor], "outputs": [{"name": FETCH}]})
    return Question(path, body, {"Content-Type": "application/json"}, _open_inference)


def open_inference_binary(path: str, made: Made) -> Question:
    """Return a request of the Open Inference Protocol with its binary extension, which asks for a binary answer."""
    body, header_bytes = open_inference_writing.encode_request({FEED: made.tensor}, [FETCH])
    headers = {"Content-Type": "application/octet-stream", _HEADER_LENGTH: str(header_bytes)}
    return Question(path, body, headers, _open_inference)


def _plain_json(answer: httpx.Response) -> Array:
    return np.array(orjson.loads(answer.content)[FETCH], np.float32)


def _open_inference(answer: httpx.Response) -> Array:
    length = answer.headers.get(_HEADER_LENGTH)
    return open_inference.decode_response(answer.content, int(length) if length else None)[FETCH].tensor.array
