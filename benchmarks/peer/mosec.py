"""Mosec, with batching as its documentation advises, and without."""

from collections.abc import Sequence

from benchmarks.peer.model import Made
from benchmarks.peer.peer import Job, Peer, same_if_unbatched, service
from benchmarks.peer.question import Questions, Wire, plain_json, raw

_TIMEOUT_MS = 120_000
_FLAGS = ("--address", "127.0.0.1", "--timeout", str(_TIMEOUT_MS), "--log-level", "warning")


def _questions(made: Made) -> Questions:
    return {Wire.JSON: plain_json("/json", made), Wire.BINARY: raw("/binary", made)}


def _command(job: Job, batch: int) -> Sequence[str]:
    return [*service("mosec_service.py", job, str(batch)), "--port", str(job.port), *_FLAGS]


BATCHED = Peer(
    name="mosec",
    title="Mosec",
    settings="one worker; up to 32 (m1), 8 (m2), 1 (m3) requests a batch, which waits 1 ms at most; msgspec for JSON",
    command=lambda job: _command(job, job.made.model.batch),
    questions=_questions,
    lock="mosec",
    packages=("mosec", "msgspec", "onnxruntime"),
)
SINGLE = Peer(
    name="mosec-single",
    title="Mosec, no batching",
    settings="as Mosec, each request by itself, so that a lone request does not wait",
    command=lambda job: _command(job, 1),
    questions=_questions,
    missing=same_if_unbatched("mosec"),
    lock="mosec",
    packages=("mosec", "msgspec", "onnxruntime"),
)
