"""The child process of a quantisation: exporter and quantiser may crash, and they talk.

`python -m serving_kit.quantise.process FOLDER` reads `request.json` and `sample-<n>.npz` there and leaves `model.onnx`
and `result.json`, or says on standard error in its last line why it cannot.
"""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from serving_kit.errors import ServingKitError, Unsupported
from serving_kit.quantise import deviation, recipe
from serving_kit.runtime import golden, onnx_export
from serving_kit.runtime.onnx_engine import OnnxEngine
from serving_kit.runtime.onnx_program import is_onnx
from serving_kit.runtime.options import EngineOptions
from serving_kit.spec import Deviation
from serving_kit.types import Tensor, TensorSpec, join_lod, split_lod

REQUEST, RESULT, MODEL = "request.json", "result.json", "model.onnx"
_SAME = 0.01  # of an answer's size: rounding of another engine, not another answer
_LEAST_SAVING = 0.9  # of the size before; a file that stays larger than this has next to nothing in int8


class Request(BaseModel):
    """What to quantise, and the largest relative deviation that an output may have."""

    program: Path
    params: Path | None
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    server_dir: Path
    threshold: float
    classifies: bool


class Result(BaseModel):
    """The recipe that stayed within the threshold, and what it did."""

    recipe: str
    bytes_before: int
    outputs: dict[str, Deviation]


def write_samples(folder: Path, samples: Sequence[dict[str, Tensor]]) -> None:
    """Leave the samples where the child looks for them."""
    for number, tensors in enumerate(samples):
        golden.save(folder / f"sample-{number:04}.npz", join_lod(tensors))


def quantise(folder: Path) -> None:
    """Try one recipe after the other until the answers stay close enough; Unsupported tells how far they all moved."""
    request = Request.model_validate_json((folder / REQUEST).read_bytes())
    samples = [split_lod(golden.load(path)) for path in sorted(folder.glob("sample-*.npz"))]
    source = _as_onnx(request)
    before = _before(source, request, samples)
    prepared = _prepared(source, folder)
    tried: list[str] = []
    for each in recipe.RECIPES:
        target = folder / MODEL
        arrays = [{name: tensor.array for name, tensor in sample.items()} for sample in samples]
        try:
            recipe.apply(each, prepared, target, arrays)
            moved = deviation.measure(_answers(target, request, samples), before, classifies=request.classifies)
        except Exception as error:  # noqa: BLE001 - ONNX Runtime raises anything for an operator that it cannot quantise
            tried.append(f"{each.name}: {' '.join(str(error).split())[:200] or type(error).__name__}")
            continue
        if target.stat().st_size > source.stat().st_size * _LEAST_SAVING:
            tried.append(f"{each.name}: next to nothing in the model can be int8")
        elif deviation.worst(moved) <= request.threshold:
            result = Result(recipe=each.name, bytes_before=source.stat().st_size, outputs=moved)
            (folder / RESULT).write_text(result.model_dump_json(), encoding="utf-8")
            return
        else:
            tried.append(f"{each.name}: the answers move by {deviation.worst(moved):.2g} of their size")
    raise Unsupported(f"no way of quantising keeps the answers within {request.threshold:g} ({'; '.join(tried)})")


def _as_onnx(request: Request) -> Path:
    if is_onnx(request.program):
        return request.program
    exported = onnx_export.path_of(request.program, request.params)
    if request.params:  # path_of has refused a model without
        onnx_export.export(request.program, request.params, exported)
    return exported


def _before(source: Path, request: Request, samples: Sequence[dict[str, Tensor]]) -> list[dict[str, Tensor]]:
    """Return the answers in fp32; Unsupported where the ONNX file does not answer the golden example as the model."""
    try:
        before = _answers(source, request, samples)
        example = golden.read(request.server_dir)
        alike = (
            deviation.measure(_answers(source, request, [example[0]]), [example[1]], classifies=False)
            if example
            else {}
        )
    except ServingKitError as error:
        said = str(error).replace(str(source), "the file").partition(";")[0]
        raise Unsupported(f"written as ONNX it does not run ({said})") from None
    if alike and not deviation.worst(alike) <= _SAME:
        raise Unsupported(f"written as ONNX it answers otherwise, by {deviation.worst(alike):.2g} of its size")
    return before


def _prepared(source: Path, folder: Path) -> Path:
    """Let ONNX Runtime fold and infer shapes, which the quantiser wants; a model that resists stays as it is."""
    from onnxruntime.quantization.shape_inference import quant_pre_process

    target = folder / "prepared.onnx"
    try:
        quant_pre_process(str(source), str(target), skip_symbolic_shape=True)
    except Exception:  # noqa: BLE001 - as above
        shutil.copyfile(source, target)
    return target


def _answers(program: Path, request: Request, samples: Sequence[dict[str, Tensor]]) -> list[dict[str, Tensor]]:
    engine = OnnxEngine.load(program, EngineOptions(), request.inputs, request.outputs)
    return [engine.run(sample) for sample in samples]


if __name__ == "__main__":
    try:
        quantise(Path(sys.argv[1]))
    except ServingKitError as error:
        sys.exit(str(error))
