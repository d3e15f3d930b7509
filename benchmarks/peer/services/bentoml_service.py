"""BentoML: a service with adaptive batching for JSON; raw bodies one by one, since they cannot be concatenated.

Started by `bentoml serve`, which imports this file in further processes: the environment says what to serve.
"""

# mypy: ignore-errors

import os
from typing import Annotated

import bentoml
import numpy as np
from bentoml.validators import DType
from session import Session

_MAX_BATCH = int(os.environ["PEER_BATCH"])
# The latency is BentoML's own limit: requests that would take longer are refused. It takes no batches of one.
_BATCHES = {"batchable": True, "max_batch_size": _MAX_BATCH, "max_latency_ms": 60_000} if _MAX_BATCH > 1 else {}


@bentoml.service(
    workers=1,
    threads=1,
    traffic={"timeout": 120},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
)
class Inference:
    """Computes `y` from `x`."""

    def __init__(self) -> None:
        self._session = Session(os.environ["PEER_ONNX"])

    @bentoml.api(**_BATCHES)
    def json(self, x: Annotated[np.ndarray, DType("float32")]) -> np.ndarray:
        """Compute a batch: `{"x": rows}`, answered with rows."""
        return self._session.run(x)

    @bentoml.api
    def binary(self, body: bytes, /) -> bytes:
        """Compute one request: raw float32, answered in the same way."""
        return self._session.run(self._session.tensor(body)).tobytes()
