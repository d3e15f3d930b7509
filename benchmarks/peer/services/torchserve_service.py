"""TorchServe's handler: what its worker process calls with a batch of requests.

TorchServe finds it by name in the model's folder, and imports it there; the environment says what to serve.
"""

# mypy: ignore-errors

import os
from typing import Any

import numpy as np
from session import Session


class Inference:
    """Computes `y` from `x`, as JSON or as raw float32 by what the frontend made of the body."""

    def initialize(self, _context: Any) -> None:
        """Load the model."""
        self._session = Session(os.environ["PEER_ONNX"])

    def handle(self, data: list, _context: Any) -> list:
        """Answer a batch."""
        bodies = [request["body"] for request in data]
        outputs = self._session.run(np.concatenate([self._decode(body) for body in bodies]))
        return [_encode(body, row) for body, row in zip(bodies, outputs[:, None], strict=True)]

    def _decode(self, body: Any) -> np.ndarray:
        return np.array(body["x"], np.float32) if isinstance(body, dict) else self._session.tensor(body)


def _encode(body: Any, rows: np.ndarray) -> Any:
    return {"y": rows.tolist()} if isinstance(body, dict) else rows.tobytes()
