from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit import tiny_tfjs


@pytest.fixture
def compute(tmp_path: Path) -> Callable[..., Any]:
    """Compute one operation `y` on inputs `x`, `x1`, ... and constants by name; several outputs are a list."""

    def run(
        op: str,
        *inputs: Any,
        weights: dict[str, Any] | None = None,
        order: str = "",
        outputs: int = 1,
        **attributes: Any,
    ) -> Any:
        arrays = {f"x{number or ''}": np.asarray(value) for number, value in enumerate(inputs)}
        arrays = {n: a.astype("float32" if a.dtype == np.float64 else a.dtype) for n, a in arrays.items()}
        arrays = {n: a.astype("int32" if a.dtype == np.int64 else a.dtype) for n, a in arrays.items()}
        taken = order.split() or [*arrays, *(weights or {})]
        path = tiny_tfjs.write(
            tmp_path,
            [tiny_tfjs.node("y", op, *taken, **attributes)],
            weights,
            outputs={f"y{number}": f"y:{number}" for number in range(outputs)},
            **arrays,
        )
        found = tiny_tfjs.answers(path, *arrays.values())
        return found[0] if outputs == 1 else found

    return run
