"""A model directory as Paddle Serving lays it out, opened and checked without running anything."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from serving_kit.codecs import prototxt
from serving_kit.errors import ModelFileError, NotFound
from serving_kit.runtime import onnx_program, parameters
from serving_kit.runtime.program import describe, is_pir
from serving_kit.spec import Port, Spec
from serving_kit.types import TensorSpec

SERVER_FOLDER = "serving_server"
CLIENT_FOLDER = "serving_client"
_PARAMS_ENDINGS = (".pdiparams", "__params__", "params")
_PROGRAM_ENDINGS = (".pdmodel", "__model__", "model", onnx_program.SUFFIX)


@dataclass(frozen=True)
class ModelDir:
    """One model on disk; inputs and outputs carry aliases from the prototxt and full shapes from program and spec.

    `params` None means one file a parameter beside the program, as fluid-era models have it, or an ONNX model, which
    holds its own.
    """

    server_dir: Path
    name: str
    spec: Spec | None
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    program: Path
    params: Path | None
    parameter_files: tuple[Path, ...]

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a server directory, or the folder that holds `serving_server/`.

        NotFound where there is no such folder; ModelFileError, one sentence with the remedy, where files are missing,
        truncated or do not belong together.
        """
        server_dir = _server_dir(Path(path))
        try:
            return cls._read(server_dir)
        except OSError as error:
            raise ModelFileError(f"{error.filename or server_dir} cannot be read: {error.strerror}") from None

    @classmethod
    def _read(cls, server_dir: Path) -> Self:
        feeds, fetches = prototxt.read(server_dir / prototxt.SERVER_CONF)
        spec = Spec.read(server_dir)
        program_path, params = find_files(server_dir)
        program = describe(program_path)
        parameters.check(program_path, params, program.parameters)
        ports = {port.name: port for port in (*spec.inputs, *spec.outputs)} if spec else {}
        return cls(
            server_dir=server_dir,
            name=spec.name if spec else _name_of(server_dir),
            spec=spec,
            inputs=_widen(server_dir, feeds, program.inputs, ports),
            outputs=_widen(server_dir, fetches, program.outputs, ports),
            program=program_path,
            params=params,
            parameter_files=(params,) if params else tuple(server_dir / name for name in program.parameters),
        )


def find_files(folder: Path) -> tuple[Path, Path | None]:
    """Return a model's program and its combined parameters by Paddle Serving's suffixes, PIR `.json` and `.onnx` added.

    Parameters are None where each has its own file and where the program holds them. ModelFileError where there is no
    program or more than one.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file())
    programs = [path for path in files if path.name.endswith(_PROGRAM_ENDINGS)]
    programs += [path for path in files if path.suffix == ".json" and is_pir(path)]
    params = [path for path in files if path.name.endswith(_PARAMS_ENDINGS)]
    if not programs:
        raise ModelFileError(
            f"{folder} holds no program (*.pdmodel, __model__, *.json or *.onnx); convert the model again"
        )
    if len(programs) > 1 or len(params) > 1:
        names = [path.name for path in (programs if len(programs) > 1 else params)]
        raise ModelFileError(f"{folder} holds more than one model ({', '.join(names)}); keep one a folder")
    if onnx_program.is_onnx(programs[0]):
        return programs[0], None
    if not params and programs[0].name != "__model__":
        raise ModelFileError(f"{folder} holds {programs[0].name} but no *.pdiparams; copy the parameters beside it")
    return programs[0], params[0] if params else None


def _server_dir(path: Path) -> Path:
    if not path.is_dir():
        raise NotFound(f"there is no model directory {path}; give the folder that holds {prototxt.SERVER_CONF}")
    for folder in (path, path / SERVER_FOLDER):
        if (folder / prototxt.SERVER_CONF).is_file():
            return folder
    raise ModelFileError(
        f"{path} holds no {prototxt.SERVER_CONF}; make one with python -m serving_kit.convert --dirname {path}"
    )


def _name_of(server_dir: Path) -> str:
    folder = server_dir.resolve()
    return folder.parent.name if folder.name == SERVER_FOLDER else folder.name


def _widen(
    folder: Path, listed: Sequence[TensorSpec], known: Sequence[TensorSpec], ports: dict[str, Port]
) -> tuple[TensorSpec, ...]:
    """Give the prototxt's variables the program's types and full shapes, and the spec's where it has better ones."""
    by_name = {spec.name: spec for spec in known}
    widened = []
    for spec in listed:
        if spec.name not in by_name:
            raise ModelFileError(
                f"{folder / prototxt.SERVER_CONF} lists {spec.name!r}, but the program has {sorted(by_name)}; "
                "convert the model again"
            )
        full = by_name[spec.name]
        if spec.name in ports:
            full = ports[spec.name].tensor_spec()
        widened.append(replace(full, alias=spec.alias, is_lod=spec.is_lod or full.is_lod))
    return tuple(widened)
