"""Requests of different sizes over one connection, each with the answer that it must get."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.asker import HttpAsker, Tally
from benchmarks.mixture import Mixture
from benchmarks.question import post
from serving_kit.codecs import open_inference, open_inference_writing
from serving_kit.types import Array, Tensor

_LENGTH = b"inference-header-content-length:"


@dataclass
class Exchange:
    """A request as bytes, the name of its answer and its numbers; the differences are None until an answer came."""

    request: bytes
    fetch: str
    expected: Array
    mean_tolerance: float
    mean_difference: float | None = None
    most_difference: float | None = None

    def check(self, answer: bytes) -> str | None:
        """Compare an answer; return what is wrong with it, None where nothing is."""
        if not answer.startswith(b"HTTP/1.1 200 "):
            return f"the server answered {answer[:200]!r}"
        if self.mean_difference is not None:
            return None  # compared before: the generator shares a machine with what it measures
        found = _tensor(answer, self.fetch)
        if found.shape != self.expected.shape:
            return f"the answer has the shape {found.shape}, not {self.expected.shape}"
        apart = np.abs(found.astype(np.float64) - self.expected.astype(np.float64))
        self.mean_difference, self.most_difference = float(apart.mean()), float(apart.max())
        if self.mean_difference > self.mean_tolerance:
            return f"the answer differs by {self.mean_difference:.3g} on average, by {self.most_difference:.3g} at most"
        return None


class MixedAsker(HttpAsker):
    """Asks what an iterator gives, and checks every answer."""

    def __init__(self, turns: Iterator[Exchange], tally: Tally) -> None:
        super().__init__(b"", float, None, tally)
        self._turns = turns

    def _next(self) -> bytes:
        self._exchange = next(self._turns)
        return self._exchange.request

    def _check(self, answer: bytes) -> None:
        if wrong := self._exchange.check(answer):
            self._fail(wrong)


def exchanges(mixture: Mixture, name: str, expected: Sequence[Array]) -> list[Exchange]:
    """Return the requests of a mixture to a model of this name, as the Open Inference Protocol's binary REST."""
    made = []
    for array, answer in zip(mixture.requests, expected, strict=True):
        body, header_bytes = open_inference_writing.encode_request({mixture.feed: Tensor(array)}, [mixture.fetch])
        length = f"Inference-Header-Content-Length: {header_bytes}\r\n"
        request = post(f"/v2/models/{name}/infer", body, "application/octet-stream", length)
        made.append(Exchange(request, mixture.fetch, answer, mixture.mean_tolerance))
    return made


def _tensor(answer: bytes, fetch: str) -> Array:
    head, _, body = answer.partition(b"\r\n\r\n")
    _, marked, rest = head.lower().partition(_LENGTH)
    length = int(rest.partition(b"\r\n")[0]) if marked else None
    return open_inference.decode_response(body, length)[fetch].tensor.array
