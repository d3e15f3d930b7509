"""The engine of every peer that is written in Python: one ONNX Runtime session with one thread."""

# mypy: ignore-errors

import numpy as np
import onnxruntime


class Session:
    """Compute `y` from `x`, float32; the shape of one request is read from the model, its first axis is free."""

    def __init__(self, path: str) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.shape = (1, *self._session.get_inputs()[0].shape[1:])

    def run(self, array: np.ndarray) -> np.ndarray:
        """Compute one batch."""
        return self._session.run(["y"], {"x": array})[0]

    def tensor(self, body: bytes) -> np.ndarray:
        """Return a raw float32 body as one request's tensor, without a copy."""
        return np.frombuffer(body, np.float32).reshape(self.shape)
