"""Find what there is to convert in a folder or behind a file's name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from serving_kit.errors import BadInput, NotFound
from serving_kit.runtime.model_dir import find_files

Format = Literal["fluid", "pdmodel", "pir", "onnx", "auto"]


@dataclass(frozen=True, slots=True)
class Source:
    """A model's files as they come; `params` None means one file a parameter beside the program, or ONNX."""

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
    onnx = sorted(folder.glob("*.onnx"))
    if len(onnx) == 1:
        return Source("onnx", onnx[0], None)
    program, params = find_files(folder)
    return Source(_format_of(program), program, params)


def _locate_file(program: Path) -> Source:
    if program.suffix == ".onnx":
        return Source("onnx", program, None)
    beside = program.with_suffix(".pdiparams")
    params = beside if beside.is_file() else find_files(program.parent)[1]
    return Source(_format_of(program), program, params)


def _format_of(program: Path) -> Format:
    if program.suffix == ".json":
        return "pir"
    return "fluid" if program.name == "__model__" else "pdmodel"
