"""LitServe, with its batching and its faster queue."""

from benchmarks.peer.peer import Peer, service
from benchmarks.peer.question import Wire, plain_json, raw

LITSERVE = Peer(
    name="litserve",
    title="LitServe",
    settings="one HTTP process, one worker process a wire form, fast_queue; up to 32 (m1), 8 (m2), 1 (m3) requests"
    " a batch, which waits 1 ms at most",
    command=lambda job: service("litserve_service.py", job, str(job.made.model.batch)),
    questions=lambda made: {Wire.JSON: plain_json("/json", made), Wire.BINARY: raw("/binary", made)},
    lock="litserve",
    packages=("litserve", "fastapi", "uvicorn", "uvloop", "pyzmq", "onnxruntime"),
)
