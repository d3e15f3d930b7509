"""FastAPI as people write it: with pydantic types, and with the request read by hand."""

from benchmarks.peer.peer import Peer, service
from benchmarks.peer.question import Wire, plain_json, raw

_PACKAGES = ("fastapi", "pydantic", "uvicorn", "uvloop", "httptools", "orjson", "onnxruntime")

RAW = Peer(
    name="fastapi-raw",
    title="FastAPI, raw request",
    settings="one uvicorn worker on uvloop and httptools, request read by hand, orjson, engine in the event loop",
    command=lambda job: service("fastapi_service.py", job, "raw"),
    questions=lambda made: {Wire.JSON: plain_json("/json", made), Wire.BINARY: raw("/binary", made)},
    lock="fastapi",
    packages=_PACKAGES,
)
PYDANTIC = Peer(
    name="fastapi-pydantic",
    title="FastAPI + pydantic",
    settings="as with the raw request, with the request's and the answer's types declared, which is JSON only",
    command=lambda job: service("fastapi_service.py", job, "pydantic"),
    questions=lambda made: {Wire.JSON: plain_json("/json", made)},
    lock="fastapi",
    packages=_PACKAGES,
)
