"""The model of Triton's Python backend, which loads it as `model.py` out of a version's folder."""

# mypy: ignore-errors

from pathlib import Path

import numpy as np
import triton_python_backend_utils as triton
from session import Session


class TritonPythonModel:
    """Computes the requests that Triton's batcher hands over in one run."""

    def initialize(self, arguments: dict[str, str]) -> None:
        """Load the ONNX file that lies beside this one."""
        folder = Path(arguments["model_repository"], arguments["model_version"])
        self._session = Session(str(folder / "model.onnx"))

    def execute(self, requests: list) -> list:
        """Compute one answer for each request."""
        arrays = [triton.get_input_tensor_by_name(request, "x").as_numpy() for request in requests]
        merged = self._session.run(np.concatenate(arrays) if len(arrays) > 1 else arrays[0])
        answers = np.split(merged, np.cumsum([len(array) for array in arrays])[:-1])
        return [triton.InferenceResponse([triton.Tensor("y", answer)]) for answer in answers]
