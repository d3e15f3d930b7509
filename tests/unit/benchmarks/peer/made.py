"""A model that was never exported."""

from pathlib import Path

import numpy as np

from benchmarks.peer.model import Made, Model

MADE = Made(
    model=Model("m9", "a model", (1, 2), lambda: None, wires=("json", "binary"), concurrency=(1, 8, 32), batch=4),
    onnx=Path("folder", "model.onnx"),
    directory=Path("folder", "served"),
    paddle_directory=Path("folder", "paddle"),
    array=np.array([[1.5, 2.0]], np.float32),
    expected=np.array([[3.5]], np.float32),
)
