"""Mosec: a front in Rust, and behind it one Python worker that takes batches.

Called with port, ONNX file, slug, and the most requests a batch; further words are Mosec's own flags.
"""

# mypy: ignore-errors

import sys
from typing import Any

import msgspec
import numpy as np
from mosec import Runtime, Server, Worker
from session import Session

_WAIT_MS = 1  # the least there is


class Inference(Worker):
    """Decodes, computes and encodes in one process: a second stage would cost more than it saves on one core."""

    def __init__(self) -> None:
        self._session = Session(sys.argv[2])

    def forward(self, data: Any) -> Any:
        """Compute a batch, or one request where batching is off."""
        if not isinstance(data, list):
            return self._session.run(data)
        ends = np.cumsum([len(rows) for rows in data])[:-1]
        return np.split(self._session.run(np.concatenate(data)), ends)


class Json(Inference):
    """Takes `{"x": rows}`, answers `{"y": rows}`."""

    def deserialize(self, data: bytes) -> np.ndarray:
        """Decode a body."""
        return np.array(msgspec.json.decode(data)["x"], np.float32)

    def serialize(self, data: np.ndarray) -> bytes:
        """Encode an answer."""
        return msgspec.json.encode({"y": data.tolist()})


class Binary(Inference):
    """Takes and answers raw float32."""

    def deserialize(self, data: bytes) -> np.ndarray:
        """Decode a body."""
        return self._session.tensor(data)

    def serialize(self, data: np.ndarray) -> bytes:
        """Encode an answer."""
        return data.tobytes()


if __name__ == "__main__":
    batch = int(sys.argv[4])
    server = Server()
    server.register_runtime(
        {
            "/json": [Runtime(Json, max_batch_size=batch, max_wait_time=_WAIT_MS)],
            "/binary": [Runtime(Binary, max_batch_size=batch, max_wait_time=_WAIT_MS)],
        }
    )
    server.run()
