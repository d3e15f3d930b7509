"""A model's golden example: a real input, the answer to expect, and when an answer agrees with it."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from serving_kit.errors import ModelFileError
from serving_kit.spec import GOLDEN_FILENAME
from serving_kit.types import Array, Tensor, join_lod, split_lod

Tensors = dict[str, Tensor]
_INPUT, _OUTPUT = "in:", "out:"


def write(folder: Path, inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor]) -> Path:
    """Write `folder/golden.npz`, keyed by real names, and return its path."""
    arrays = {f"{_INPUT}{name}": array for name, array in join_lod(inputs).items()}
    arrays |= {f"{_OUTPUT}{name}": array for name, array in join_lod(outputs).items()}
    path = folder / GOLDEN_FILENAME
    save(path, arrays)
    return path


def read(folder: Path) -> tuple[Tensors, Tensors] | None:
    """Return the golden inputs and outputs of a server directory; None where it has none."""
    path = folder / GOLDEN_FILENAME
    if not path.is_file():
        return None
    arrays = load(path)
    return _side(arrays, _INPUT), _side(arrays, _OUTPUT)


def _side(arrays: Mapping[str, Array], prefix: str) -> Tensors:
    return split_lod({name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)})


def save(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write arrays to an npz file of exactly this name."""
    with path.open("wb") as file:
        np.savez(file, **arrays)


def load(path: Path) -> dict[str, Array]:
    """Read an npz file, never unpickling; ModelFileError where it is damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except Exception as error:  # noqa: BLE001 - zip, numpy and the disk each raise their own
        raise ModelFileError(f"{path} cannot be read ({error}); convert the model again") from None


def difference(answer: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> float:
    """Return the largest absolute difference over all expected tensors; infinite where shapes differ."""
    return max((_difference(answer.get(name), tensor) for name, tensor in expected.items()), default=0.0)


def _difference(answer: Tensor | None, expected: Tensor) -> float:
    if answer is None or answer.array.shape != expected.array.shape or answer.lod != expected.lod:
        return float("inf")
    if not expected.array.size:
        return 0.0
    left, right = (np.asarray(tensor.array, dtype=np.float64) for tensor in (answer, expected))
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    with np.errstate(invalid="ignore"):
        apart = np.where(same, 0.0, np.abs(left - right))
    return float(np.max(np.nan_to_num(apart, nan=np.inf, posinf=np.inf)))


def agrees(answer: Mapping[str, Tensor], expected: Mapping[str, Tensor], *, atol: float, rtol: float) -> bool:
    """Tell whether |answer - expected| <= atol + rtol * |expected| everywhere; whole numbers must be equal."""
    for name, tensor in expected.items():
        if _difference(answer.get(name), tensor) == float("inf"):
            return False
        exact = tensor.array.dtype.kind in "iub"
        close = np.isclose(
            answer[name].array, tensor.array, rtol=0 if exact else rtol, atol=0 if exact else atol, equal_nan=True
        )
        if not close.all():
            return False
    return True
