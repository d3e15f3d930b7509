"""Paddle programs as ONNX files, made once by paddle2onnx and kept in the cache, for the engines that read only those.

paddle2onnx aborts the process on what it cannot express: `export` belongs into a trial (`serving_kit.runtime.trial`).
"""

import hashlib
import tempfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from serving_kit.checksum import file_sha256
from serving_kit.errors import Unsupported
from serving_kit.runtime.framework import paddle, summary
from serving_kit.runtime.program import Program, describe
from serving_kit.settings import settings

_VERSION = 1  # of how a file is made here; a file made in another way is not reused
_OPSET = 17
_COMPLAINT = "[ERROR][Paddle2ONNX]"  # how each line starts in which paddle2onnx says what it cannot express


def path_of(program: Path, params: Path | None) -> Path:
    """Return where the ONNX file of these files is or will be; Unsupported where they cannot be exported at all.

    The name is a sha256 over program, parameters and exporter; nothing is written beside the user's model.
    """
    if params is None:
        raise Unsupported(
            f"{program.parent} keeps one file a parameter, which paddle2onnx does not read; use --engine paddle"
        )
    digest = hashlib.sha256(f"{_VERSION} {_OPSET} {_exporter_version()} {program.suffix}".encode())
    for path in (program, params):
        digest.update(f" {file_sha256(path)}".encode())
    return settings().cache_dir / "onnx" / f"{digest.hexdigest()}.onnx"


def export(program: Path, params: Path, target: Path) -> None:
    """Write the ONNX file of a program to `target`, whole or not at all, unless it is there.

    Unsupported where paddle2onnx raises; where it aborts, the reason stands in what the process wrote: `complaint`.
    """
    if target.exists():
        return
    paddle()  # without the noise that its import makes elsewhere
    import paddle2onnx

    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as folder:
        # paddle2onnx looks for parameters under the program's name, whatever file it is given
        model = Path(folder, "model.json" if program.suffix == ".json" else "model.pdmodel")
        weights, made = model.with_suffix(".pdiparams"), Path(folder, "made.onnx")
        model.symlink_to(program.resolve())
        weights.symlink_to(params.resolve())
        try:
            paddle2onnx.export(
                str(model), str(weights), save_file=str(made), opset_version=_OPSET, optimize_tool="None"
            )
            _restore_names(made, describe(program))
            made.replace(target)
        except Exception as error:  # noqa: BLE001 - its own logging hides what went wrong, and what is raised varies
            raise Unsupported(
                f"{program.parent} cannot be written as ONNX by paddle2onnx ({summary(error)}); use --engine paddle"
            ) from None


def _restore_names(path: Path, program: Program) -> None:
    """Give inputs and outputs the program's names; paddle2onnx keeps the order, but of a `.pdmodel` not the names."""
    import onnx

    model = onnx.load(str(path))
    ports = (
        *zip(model.graph.input, program.inputs, strict=True),
        *zip(model.graph.output, program.outputs, strict=True),
    )
    names = {port.name: spec.name for port, spec in ports if port.name != spec.name}
    if not names:
        return
    for port, spec in ports:
        port.name = spec.name
    _rename(model.graph, names)
    onnx.save(model, str(path))


def _rename(graph: Any, names: Mapping[str, str]) -> None:
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
        for attribute in node.attribute:
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                _rename(inner, names)


def complaint(log: str) -> str:
    """Return what paddle2onnx said in a log that it could not express; empty where it said nothing."""
    lines = (line.partition(_COMPLAINT)[2].strip().rstrip(".") for line in log.splitlines())
    return next((line for line in lines if line), "")


def _exporter_version() -> str:
    try:
        return metadata.version("paddle2onnx")
    except metadata.PackageNotFoundError:
        raise Unsupported(
            "this engine takes a Paddle model through paddle2onnx, which is not installed; install serving-kit[zoo] "
            "or use --engine paddle"
        ) from None
