"""Ways to quantise an ONNX model with ONNX Runtime, the fastest first.

Static quantisation fixes the scale of every activation from samples and leaves int8 between operators; dynamic
quantisation stores weights as int8 and takes scales from each request, which is slower and spoils less.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving_kit.runtime.framework import cpu_flags
from serving_kit.types import Array

_DENSE = ("Conv", "MatMul", "Gemm")
_VNNI = frozenset({"avx512_vnni", "avx_vnni"})  # without it int8 products overflow 16 bits unless weights keep to 7


@dataclass(frozen=True)
class Recipe:
    """One way: `operators` empty takes all that ONNX Runtime can; `calibration` None takes scales from requests."""

    name: str
    operators: tuple[str, ...]
    calibration: str | None


RECIPES = (
    Recipe("static", (), "MinMax"),
    Recipe("static, convolutions and products only", _DENSE, "Percentile"),
    Recipe("dynamic, products only", ("MatMul", "Gemm"), None),
)


def weights_keep_to_7_bits() -> bool:
    """Whether this CPU wants them so; a model made on one kind of CPU answers a little differently from the other."""
    return not _VNNI & cpu_flags()


def apply(recipe: Recipe, source: Path, target: Path, samples: Sequence[dict[str, Array]]) -> None:
    """Write the quantised ONNX file to `target`; whatever ONNX Runtime raises goes through."""
    from onnxruntime import quantization

    common: dict[str, Any] = {
        "weight_type": quantization.QuantType.QInt8,
        "per_channel": True,
        "reduce_range": weights_keep_to_7_bits(),
        "op_types_to_quantize": list(recipe.operators) or None,
    }
    if recipe.calibration is None:
        quantization.quantize_dynamic(str(source), str(target), **common)
        return
    quantization.quantize_static(
        str(source),
        str(target),
        _reader(samples),
        quant_format=quantization.QuantFormat.QDQ,
        activation_type=quantization.QuantType.QUInt8,
        calibrate_method=quantization.CalibrationMethod[recipe.calibration],
        **common,
    )


def _reader(samples: Sequence[dict[str, Array]]) -> Any:
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):  # type: ignore[misc] # onnxruntime has no types
        def __init__(self) -> None:
            self._samples: Iterator[dict[str, Array]] = iter(samples)

        def get_next(self) -> dict[str, Array] | None:
            return next(self._samples, None)

    return Reader()
