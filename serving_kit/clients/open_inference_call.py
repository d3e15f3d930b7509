"""Calls of the Open Inference Protocol over REST, without their connection: what to ask, and how to read the answer."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import httpx

from serving_kit.clients.channel import Tensors
from serving_kit.clients.connection import Ask
from serving_kit.codecs.json_array import parse_object
from serving_kit.codecs.open_inference import decode_response
from serving_kit.codecs.open_inference_writing import encode_request
from serving_kit.errors import BadInput, Internal

_HEADER_LENGTH = "Inference-Header-Content-Length"
READY = Ask("GET", "/v2/health/ready")
MODELS = Ask("GET", "/v2/models")


def infer_ask(model: str, tensors: Tensors, fetch: Sequence[str]) -> Ask:
    """Return the request for an inference, with binary tensors both ways."""
    body, header_length = encode_request(tensors, fetch)
    headers = {"Content-Type": "application/octet-stream", _HEADER_LENGTH: str(header_length)}
    return Ask("POST", f"{_path(model)}/infer", body, headers)


def metadata_ask(model: str) -> Ask:
    """Return the request for a model's metadata."""
    return Ask("GET", _path(model))


def outputs_of(response: httpx.Response) -> Tensors:
    """Return the tensors of an answer; Internal where it cannot be read."""
    length = response.headers.get(_HEADER_LENGTH)
    try:
        return decode_response(response.content, None if length is None else int(length))
    except (BadInput, ValueError) as error:
        raise Internal(f"{response.url} sent an answer that cannot be read: {error}") from None


def document_of(response: httpx.Response) -> dict[str, Any]:
    """Return the JSON object of an answer; Internal where there is none."""
    try:
        return parse_object(response.content)
    except BadInput:
        raise Internal(f"{response.url} answered no JSON object; is it a server of this protocol?") from None


def names_of(response: httpx.Response) -> list[str]:
    """Return the models' names of an answer to `MODELS`."""
    return [str(name) for name in document_of(response).get("models", [])]


def _path(model: str) -> str:
    return f"/v2/models/{quote(model, safe='')}"
