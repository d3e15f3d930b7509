"""BentoML, with adaptive batching where it can do it."""

import dataclasses
from collections.abc import Mapping, Sequence

import httpx
import numpy as np
import orjson

from benchmarks.peer.model import Made
from benchmarks.peer.peer import SERVICES, Job, Peer
from benchmarks.peer.question import Questions, Wire, plain_json, raw
from serving_kit.types import Array


def _command(job: Job) -> Sequence[str]:
    address = ["--host", "127.0.0.1", "--port", str(job.port)]
    return [
        str(job.python),
        "-m",
        "bentoml",
        "serve",
        "bentoml_service:Inference",
        "--working-dir",
        str(SERVICES),
        *address,
    ]


def _variables(job: Job) -> Mapping[str, str]:
    own = {"BENTOML_HOME": str(job.folder / "bentoml"), "BENTOML_DO_NOT_TRACK": "true"}
    return {**own, "PEER_ONNX": str(job.made.onnx), "PEER_BATCH": str(job.made.model.batch)}


def _questions(made: Made) -> Questions:
    json = dataclasses.replace(plain_json("/json", made), read=_rows)
    return {Wire.JSON: json, Wire.BINARY: raw("/binary", made)}


def _rows(answer: httpx.Response) -> Array:
    return np.array(orjson.loads(answer.content), np.float32)


BENTOML = Peer(
    name="bentoml",
    title="BentoML",
    settings="one worker, one thread, no access log, no metrics; JSON: adaptive batching, up to 32 (m1) requests; "
    "binary: a bytes body, which BentoML does not batch",
    command=_command,
    questions=_questions,
    lock="bentoml",
    packages=("bentoml", "starlette", "uvicorn", "onnxruntime"),
    variables=_variables,
)
