"""Find what there is to convert in a folder or behind a file's name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import orjson

from serving_kit.errors import BadInput, NotFound
from serving_kit.runtime.model_dir import find_files
from serving_kit.runtime.program import is_pir

Format = Literal["fluid", "pdmodel", "pir", "onnx", "tfjs", "torchscript", "auto"]

_FOREIGN: dict[str, Format] = {".onnx": "onnx", ".pt": "torchscript"}


@dataclass(frozen=True, slots=True)
class Source:
    """A model's files as they come; `params` None means one file a parameter, or another format than Paddle's."""

    format: Format
    program: Path
    params: Path | None


def locate(path: Path, wanted: Format = "auto") -> Source:
    """Return the model at `path`, a file or a folder that holds one.

    NotFound where there is nothing, ModelFileError where there is no model or more than one, BadInput where it is of
    another format than the one wanted.
    """
    if not path.exists():
        raise NotFound(f"there is no model {path}; give a program file or the folder that holds it")
    source = _locate_file(path) if path.is_file() else _locate_folder(path)
    if wanted not in ("auto", source.format):
        raise BadInput(f"{source.program} is a model of format {source.format}, not {wanted}; leave the format to auto")
    return source


def _locate_folder(folder: Path) -> Source:
    for suffix, name in _FOREIGN.items():
        models = sorted(folder.glob(f"*{suffix}"))
        if len(models) == 1:
            return Source(name, models[0], None)
    graphs = [path for path in sorted(folder.glob("*.json")) if _is_tfjs(path)]
    if len(graphs) == 1:
        return Source("tfjs", graphs[0], None)
    program, params = find_files(folder)
    return Source(_format_of(program), program, params)


def _locate_file(program: Path) -> Source:
    if program.suffix in _FOREIGN:
        return Source(_FOREIGN[program.suffix], program, None)
    if program.suffix == ".json" and _is_tfjs(program):
        return Source("tfjs", program, None)
    beside = program.with_suffix(".pdiparams")
    params = beside if beside.is_file() else find_files(program.parent)[1]
    return Source(_format_of(program), program, params)


def _format_of(program: Path) -> Format:
    if program.suffix == ".json":
        return "pir"
    return "fluid" if program.name == "__model__" else "pdmodel"


def _is_tfjs(path: Path) -> bool:
    """Tell a TensorFlow.js graph model from other JSON, a PIR program first of all, by its fields."""
    if is_pir(path):
        return False
    try:
        document = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return False
    return isinstance(document, dict) and {"modelTopology", "weightsManifest"} <= document.keys()
