"""Open Inference requests of a form that came before: clients send the same text again but for the numbers in it.

Where everything around the numbers is, byte for byte, what it was in a request that was decoded, only they are read:
JSON is a list of numbers between the same `before` and `after`, binary the same header in front of other raw bytes.
Both are what `decode_request` makes of them, and whatever does not fit is left to it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import orjson

from serving_kit.codecs.json_array import plain_numbers
from serving_kit.codecs.open_inference import PLAIN, DecodedRequest, decode_request
from serving_kit.types import Array, Body, ElementType, InferRequest, NamedTensor, Tensor

_DATA = re.compile(rb'"data"\s*:\s*(?=\[)')
_MOST = 8  # forms; a client that writes another id into each request makes no more of them
_TRIES = 32  # requests that are looked at before the forms there are must do
_LONGEST_BYTES = 4096  # of what stands around the numbers


@dataclass(slots=True)
class _Place:
    """What is said of one input: everything but its values."""

    name: str
    element_type: ElementType
    shape: tuple[int, ...]
    size: int  # of elements

    def named(self, flat: Array) -> NamedTensor:
        """Return the input with these values."""
        return NamedTensor(self.name, Tensor(flat.reshape(self.shape)), "", self.element_type)


@dataclass(slots=True)
class _Form:
    """A request without its values; `before` and `after` are the bytes around them."""

    before: bytes
    after: bytes
    places: Sequence[_Place]
    like: DecodedRequest

    def filled(self, *tensors: NamedTensor) -> DecodedRequest:
        """Return the request with these tensors."""
        like = self.like
        infer = InferRequest(tensors, like.infer.fetch, deadline_s=like.infer.deadline_s)
        return DecodedRequest(infer, like.request_id, like.is_binary)


class Forms:
    """The forms of the requests that came before, at most a few."""

    def __init__(self) -> None:
        self._json: list[_Form] = []
        self._binary: dict[bytes, _Form] = {}
        self._seen = 0

    def decode(self, body: Body, header_length: int | None = None) -> DecodedRequest:
        """Read a request as `decode_request` does; BadInput names the input or the field that is wrong."""
        decoded = self._from_json(body) if header_length is None else self._from_binary(body, header_length)
        if decoded is None:
            decoded = decode_request(body, header_length)
            self._seen += 1
            if 1 < self._seen <= _TRIES:  # one request alone has no use for its form
                self._learn(body, header_length, decoded)
        return decoded

    def _from_json(self, body: Body) -> DecodedRequest | None:
        for form in self._json:
            if body.startswith(form.before) and body.endswith(form.after):
                try:
                    values = orjson.loads(memoryview(body)[len(form.before) : len(body) - len(form.after)])
                except orjson.JSONDecodeError:
                    return None
                (place,) = form.places
                flat = plain_numbers(values, place.element_type)
                return form.filled(place.named(flat)) if flat is not None and flat.size == place.size else None
        return None

    def _from_binary(self, body: Body, header_length: int) -> DecodedRequest | None:
        form = self._binary.get(bytes(body[:header_length]))
        if form is None:
            return None
        tensors, at = [], header_length
        for place in form.places:
            dtype = PLAIN[place.element_type]
            end = at + place.size * dtype.itemsize
            if end > len(body):
                return None
            tensors.append(place.named(np.frombuffer(body, dtype, place.size, at)))
            at = end
        return form.filled(*tensors) if at == len(body) else None

    def _learn(self, body: Body, header_length: int | None, decoded: DecodedRequest) -> None:
        """Keep the form of a request that was decoded, where its values stand in one piece that can be told apart."""
        tensors = decoded.infer.tensors
        if any(named.element_type not in PLAIN or named.tensor.lod for named in tensors):
            return
        places = [_place(named) for named in tensors]
        like = replace(decoded, infer=replace(decoded.infer, tensors=()))
        if header_length is None:
            around = _around_list(bytes(body)) if len(places) == 1 else None
            if around and len(self._json) < _MOST:
                self._json.append(_Form(*around, places, like))
        elif sum([named.tensor.array.nbytes for named in tensors]) == len(body) - header_length:
            header = bytes(body[:header_length])
            if header_length <= _LONGEST_BYTES and len(self._binary) < _MOST:
                self._binary[header] = _Form(header, b"", places, like)


def _place(named: NamedTensor) -> _Place:
    array = named.tensor.array
    assert named.element_type is not None  # noqa: S101 - every datatype of the protocol has one
    return _Place(named.name, named.element_type, array.shape, array.size)


def _around_list(body: bytes) -> tuple[bytes, bytes] | None:
    """Return what stands around the one flat list named `data`; an escape could hide another of that name."""
    found = list(_DATA.finditer(body))
    if len(found) != 1:
        return None
    start = found[0].end()
    end = body.find(b"]", start) + 1
    before, after = body[:start], body[end:]
    if b"[" in body[start + 1 : end] or b"\\" in before + after or len(before) + len(after) > _LONGEST_BYTES:
        return None
    return before, after
