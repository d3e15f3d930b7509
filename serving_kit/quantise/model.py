"""Quantise a model directory to int8 and write the pair that serves it."""

import shutil
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from serving_kit.checksum import file_sha256
from serving_kit.convert import child, pair
from serving_kit.convert.source import Source
from serving_kit.errors import BadInput, Unsupported
from serving_kit.quantise import process
from serving_kit.quantise.process import MODEL, REQUEST, RESULT, Request, Result
from serving_kit.runtime import golden, sample
from serving_kit.runtime.model_dir import SERVER_FOLDER, ModelDir
from serving_kit.runtime.onnx_program import is_onnx
from serving_kit.runtime.program import describe
from serving_kit.spec import FILENAME, GOLDEN_FILENAME, Conversion, Golden, Port, Quantisation, Spec
from serving_kit.types import TensorSpec

# What int8 may do to an answer, as a share of its size. On the zoo's models labels, boxes and the likeness of sentences
# held up to 0.14; at 0.20 a line of text was found twice.
THRESHOLD = 0.15
_MARGIN = 2.0  # of the tolerance over what was measured: another CPU rounds elsewhere


def quantise_model(
    source: Path, destination: Path, *, samples: Sequence[Path] = (), threshold: float = THRESHOLD
) -> Quantisation:
    """Write `destination/serving_server` and `destination/serving_client`, a model in int8, and return its figures.

    `samples` are npz files of inputs, the model's own golden example by default; `threshold` is the largest deviation
    of an output, relative to its size (see `Deviation`). Raises Unsupported where the model cannot be quantised within
    it, BadInput for samples that do not fit. Nothing is left behind by a failure.
    """
    model = ModelDir.open(source)
    if model.server_dir.resolve() in (destination.resolve(), (destination / SERVER_FOLDER).resolve()):
        raise BadInput(f"{destination} is the model itself; name another folder to write")
    _check(model)
    feeds = sample.read(model, samples)
    with pair.workspace(destination.resolve().parent) as work:
        process.write_samples(work, feeds)
        (work / REQUEST).write_text(_request(model, threshold).model_dump_json(), encoding="utf-8")
        result = _run(model, work)
        made = _record(model, result, len(feeds), work / MODEL)
        server, client = pair.write(
            work / "pair", Source("onnx", work / MODEL, None), describe(work / MODEL), (model.inputs, model.outputs)
        )
        _complete(model, server, made, threshold)
        pair.publish(server, destination / server.name)
        pair.publish(client, destination / client.name)
    return made


def _check(model: ModelDir) -> None:
    packed = [spec.alias for spec in model.inputs if spec.is_lod]
    if packed:
        raise Unsupported(
            f"{model.name} cannot be quantised: {packed[0]!r} holds sequences of different lengths (LoD), which ONNX "
            "does not know; serve it in fp32"
        )
    if model.params is None and not is_onnx(model.program):
        raise Unsupported(
            f"{model.name} cannot be quantised: it keeps one file a parameter; join them with "
            "python -m serving_kit.convert"
        )
    if model.spec and model.spec.conversion and model.spec.conversion.quantisation:
        raise BadInput(f"{model.server_dir} is quantised already; serve it as it is")


def _request(model: ModelDir, threshold: float) -> Request:
    return Request(
        program=model.program.resolve(),
        params=model.params.resolve() if model.params else None,
        inputs=model.inputs,
        outputs=model.outputs,
        server_dir=model.server_dir.resolve(),
        threshold=threshold,
        classifies=bool(model.spec and model.spec.labels),
    )


def _run(model: ModelDir, work: Path) -> Result:
    # unbuffered, so that the sentence that says why not is the last line
    child.run(model.server_dir, "quantised", [sys.executable, "-u", "-m", "serving_kit.quantise.process", str(work)])
    return Result.model_validate_json((work / RESULT).read_bytes())


def _record(model: ModelDir, result: Result, samples: int, made: Path) -> Quantisation:
    return Quantisation(
        recipe=result.recipe,
        samples=samples,
        made_of=file_sha256(model.params or model.program),
        bytes_before=result.bytes_before,
        bytes_after=made.stat().st_size,
        outputs=result.outputs,
    )


def _complete(model: ModelDir, server: Path, made: Quantisation, threshold: float) -> None:
    """Write the golden example, what the task needs and the spec beside the model, and open it as a server will."""
    own = {path.name for path in (model.program, *model.parameter_files)} | {FILENAME, GOLDEN_FILENAME}
    for path in model.server_dir.iterdir():
        if path.is_file() and path.name not in own and path.suffix != ".prototxt":
            shutil.copyfile(path, server / path.name)
    largest = max(moved.max_difference for moved in made.outputs.values())
    example = golden.read(model.server_dir)
    spec = model.spec or Spec(name=model.name)
    if example:
        golden.write(server, *example)
        known = spec.golden or Golden(made_by="Paddle in fp32")
        atol = max(known.atol, _MARGIN * largest)
        spec = spec.model_copy(update={"golden": known.model_copy(update={"atol": atol})})
    conversion = Conversion(
        source_format="onnx" if is_onnx(model.program) else "paddle",
        converter=f"onnxruntime {metadata.version('onnxruntime')}",
        compared_with="the same model in fp32",
        max_abs_difference=largest,
        threshold=threshold,
        quantisation=made,
    )
    ports = {"inputs": tuple(map(_port, model.inputs)), "outputs": tuple(map(_port, model.outputs))}
    files = {path.name: file_sha256(path) for path in sorted(server.iterdir()) if path.suffix in (".onnx", ".npz")}
    spec.model_copy(update={"conversion": conversion, "files": files, **ports}).write(server)
    ModelDir.open(server)


def _port(spec: TensorSpec) -> Port:
    dtype = spec.element_type.dtype.name
    return Port(name=spec.name, alias=spec.alias, dtype=dtype, shape=spec.shape, finite=spec.finite)
