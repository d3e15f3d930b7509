"""From a card and its files to the directory a server takes."""

import shutil
from collections.abc import Mapping
from importlib import import_module, metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from serving_kit import convert as converter
from serving_kit import tasks
from serving_kit.convert.translation import Reference
from serving_kit.fetch.cache import Cache
from serving_kit.settings import settings
from serving_kit.spec import FILENAME, Spec
from serving_kit.types import Tensor, split_lod
from zoo.card import Card
from zoo.data import describe, sample
from zoo.source import Files, digest

_LABELS = "labels.txt"


def convert(card: Card, files: Files) -> Path:
    """Return the model directory (`serving_server/`, `serving_client/`), made at the first call only.

    The golden input is the card's example as its task prepares it. A changed card, file, converter or Paddle makes a
    new directory.
    """
    fields = card.model_dump(mode="json", exclude={"sources", "summary", "paper", "resources"})
    key = digest(files.key, fields, describe(card).model_dump(mode="json"), *_converter(files))
    models = Cache(settings().cache_dir / "models")
    return models.folder(f"{card.name}-{key}", lambda folder: _convert(card, files, folder))


def spec_of(card: Card, files: Files) -> Spec:
    """Return what the model directory will say of itself."""
    return Spec(
        name=card.name,
        title=card.title,
        task=card.task,
        provenance=files.provenance,
        source=files.source,
        licence=card.licence,
        inputs=card.inputs,
        outputs=card.outputs,
        preprocess=card.preprocess,
        postprocess=card.postprocess,
        labels=_labels_file(card),
    )


def _labels_file(card: Card) -> str | None:
    taken = card.labels in card.taken
    return str(card.labels) if taken else _LABELS if card.labels else None


def _converter(files: Files) -> list[object]:
    """Return what the conversion depends on: its code, that of a format with a package of its own, and versions."""
    folder = Path(str(converter.__file__)).parent
    its_own = (each for kind in ("*.py", "*.js") for each in (folder / files.format).rglob(kind))
    code = sorted([*folder.glob("*.py"), *folder.glob("*.lock"), *its_own])
    return [*code, Path(__file__), metadata.version("paddlepaddle"), metadata.version("x2paddle")]


def _convert(card: Card, files: Files, folder: Path) -> None:
    """Fill the model directory; all scratch work stays inside it, where a killed process leaves nothing that counts."""
    spec = spec_of(card, files)
    with TemporaryDirectory(dir=folder) as work:
        beside = _lay_beside(card, spec, files, Path(work) / "beside")
        made = converter.convert_model(
            files.model,
            Path(work) / "made",
            format=files.format,
            feed_aliases={port.name: port.alias for port in card.inputs},
            fetch_aliases={port.name: port.alias for port in card.outputs},
            spec=spec,
            golden_inputs=_golden_inputs(card, beside),
            threshold=card.threshold,
            reference=_reference(files),
            engine=card.engine,
        )
        for extra in beside.iterdir():
            if extra.name != FILENAME:
                shutil.move(extra, made / "serving_server")
        for part in made.iterdir():
            part.rename(folder / part.name)


def _reference(files: Files) -> Reference | None:
    """Return the runtime that the weights came from, where their exporter knows it."""
    if files.exporter is None or not files.weights.exists():
        return None
    exporter = import_module(f"zoo.exporter.{files.exporter}")
    return exporter.reference(files.weights) if hasattr(exporter, "reference") else None


def _lay_beside(card: Card, spec: Spec, files: Files, folder: Path) -> Path:
    """Fill a folder with what the task reads: spec.json, the labels and the vocabularies."""
    folder.mkdir()
    spec.write(folder)
    for extra in files.extras:
        shutil.copy(extra, folder)
    if card.labels and card.labels not in card.taken:
        labels = sample(card.labels) if isinstance(card.labels, str) else card.labels
        (folder / _LABELS).write_text("".join(f"{label}\n" for label in labels), encoding="utf-8")
    return folder


def _golden_inputs(card: Card, folder: Path) -> Mapping[str, Tensor]:
    return split_lod(tasks.load(folder).preprocess(sample(card)).feeds)
