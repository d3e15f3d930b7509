"""ONNX to Paddle through x2paddle, and ONNX Runtime's answer to compare with."""

import contextlib
import json
import re
import sys
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

from serving_kit.convert import child
from serving_kit.convert.source import Source
from serving_kit.convert.translation import Answer, Translation
from serving_kit.errors import ModelFileError, Unsupported
from serving_kit.runtime import golden
from serving_kit.types import Array, Tensor


def translate(model: Path, folder: Path) -> Translation:
    """Convert `model` inside `folder`; ModelFileError where it is no ONNX model or x2paddle cannot translate it.

    What fails as it is gets a second try with its constant parts computed: x2paddle reads the sizes of an LSTM off
    constants, which an export may compute from shapes.
    """
    folder.mkdir()
    try:
        return _translate("translate", model, folder / "plain")
    except ModelFileError as refusal:
        with contextlib.suppress(ModelFileError):
            return _translate("fold", model, folder / "folded")
        raise refusal from None


def _translate(command: str, model: Path, folder: Path) -> Translation:
    folder.mkdir()
    _run(command, model, folder)
    program = folder / "paddle" / "inference_model" / "model.json"
    if not program.is_file():
        raise ModelFileError(f"{model} cannot be converted: x2paddle left no program; look for operations it lacks")
    names = json.loads((folder / "names.json").read_bytes())
    params = program.with_suffix(".pdiparams")
    params.touch()  # a model without weights comes without the file
    source = Source("pir", program, params)
    return Translation(source, tuple(names["inputs"]), tuple(names["outputs"]))


def answer(model: Path, feeds: Iterable[Mapping[str, Array]], folder: Path) -> Answer:
    """Return ONNX Runtime's answer to the first of `feeds` that it takes; ModelFileError where it takes none."""
    folder.mkdir()
    for number, arrays in enumerate(feeds):
        golden.save(folder / f"feeds-{number}.npz", arrays)
    _run("answer", model, folder)
    taken = json.loads((folder / "taken.json").read_bytes())
    outputs = {name: Tensor(array) for name, array in golden.load(folder / "answer.npz").items()}
    return Answer(golden.load(folder / taken), outputs)


def versions() -> tuple[str, str]:
    """Return the translator and the runtime with their versions; Unsupported where one is not installed."""
    try:
        return f"x2paddle {metadata.version('x2paddle')}", f"onnxruntime {metadata.version('onnxruntime')}"
    except metadata.PackageNotFoundError as error:
        raise Unsupported(f"ONNX models need {error.name}; install serving-kit[zoo]") from None


def _run(command: str, model: Path, folder: Path) -> None:
    versions()
    arguments = [sys.executable, "-m", "serving_kit.convert.onnx_process", command, str(model.resolve()), str(folder)]
    child.run(model, "converted", arguments, _reason)


def _reason(log: str) -> str:
    """Return what a child's log says went wrong: the operations x2paddle lists as lacking, or else its last line."""
    lacking = re.findall(r"^=+ (\w+) =+\s*$", log, re.MULTILINE)
    if lacking:
        return f"x2paddle has no translation for {', '.join(lacking)}; rewrite these operations or use another export"
    return child.last_line(log)
