"""Write the `serving_server/` and `serving_client/` pair as Paddle Serving's own converter does."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from serving_kit.codecs import prototxt
from serving_kit.convert.source import Source
from serving_kit.errors import BadInput
from serving_kit.fetch.disk import room_in
from serving_kit.runtime.model_dir import CLIENT_FOLDER, SERVER_FOLDER
from serving_kit.runtime.program import Program
from serving_kit.types import TensorSpec

_MODEL_FILES = ("*.pdmodel", "__model__", "*.pdiparams", "__params__", "*.onnx")
_MODEL_KINDS = (*_MODEL_FILES, "*.prototxt", "spec.json", "golden.npz")
_NAMES = {"pir": "model.json", "onnx": "model.onnx"}


def with_aliases(specs: Sequence[TensorSpec], aliases: Mapping[str, str]) -> tuple[TensorSpec, ...]:
    """Return the specs under their aliases, a name's default alias being itself; BadInput for an unknown name."""
    unknown = sorted(aliases.keys() - {spec.name for spec in specs})
    if unknown:
        names = [spec.name for spec in specs]
        raise BadInput(f"aliases are given for {unknown}, but the model has {names}; name one of these")
    aliased = tuple(replace(spec, alias=aliases.get(spec.name, spec.name)) for spec in specs)
    if len({spec.alias for spec in aliased}) < len(aliased):
        raise BadInput(f"the aliases {[spec.alias for spec in aliased]} are not all different; name each tensor once")
    return aliased


def in_order(specs: Sequence[TensorSpec], aliases: Sequence[str], given_as: str) -> dict[str, str]:
    """Return aliases by name, given one for each of the specs in their order, or none; BadInput for another number."""
    if aliases and len(aliases) != len(specs):
        real = [spec.name for spec in specs]
        raise BadInput(f"{given_as} gives {len(aliases)} names for the {len(specs)} variables {real}; give one each")
    return {spec.name: alias for spec, alias in zip(specs, aliases, strict=False)}


def by_name(fetches: Iterable[TensorSpec]) -> tuple[TensorSpec, ...]:
    """Sort outputs by name, the order in which Paddle Serving's converter lists them."""
    return tuple(sorted(fetches, key=lambda spec: spec.name))


def write(
    folder: Path,
    source: Source,
    program: Program,
    ports: tuple[Sequence[TensorSpec], Sequence[TensorSpec]],
    filenames: tuple[str | None, str | None] = (None, None),
) -> tuple[Path, Path]:
    """Write both directories below `folder` and return them.

    Parameters that come one a file are joined into one file: tensors in the order of their names, which is the order
    in which Paddle reads a combined file; an ONNX model holds its own. `filenames` default to Paddle Serving's own:
    `model.pdmodel`, `params.pdiparams`.
    """
    server, client = folder / SERVER_FOLDER, folder / CLIENT_FOLDER
    server.mkdir(parents=True)
    client.mkdir()
    shutil.copyfile(source.program, server / (filenames[0] or _NAMES.get(source.format, "model.pdmodel")))
    if source.format != "onnx":
        _join(source, program, server / (filenames[1] or "params.pdiparams"))
    prototxt.write(server, prototxt.SERVER_CONF, *ports)
    prototxt.write(client, prototxt.CLIENT_CONF, *ports)
    return server, client


def _join(source: Source, program: Program, destination: Path) -> None:
    separate = [source.program.with_name(name) for name in program.parameters]
    with destination.open("wb") as joined:
        for path in [source.params] if source.params else separate:
            with path.open("rb") as file:
                shutil.copyfileobj(file, joined)


@contextmanager
def workspace(parent: Path) -> Iterator[Path]:
    """Give a folder below `parent` that is gone afterwards, whatever happens; BadInput where the disk is full."""
    with room_in(parent):
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent, prefix=".convert-") as folder:
            yield Path(folder)


def publish(made: Path, destination: Path) -> None:
    """Move a finished directory to its place.

    Where one stands already, its model files give way and everything else in it stays.
    """
    if not destination.exists():
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, destination)
        return
    for kind in _MODEL_KINDS:
        for stale in destination.glob(kind):
            stale.unlink()
    for path in made.iterdir():
        shutil.move(path, destination / path.name)
