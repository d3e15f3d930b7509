"""The record: a few lines in a notebook's own metadata about its last run in place. Tables of models are made of them.

Whatever else a run would leave in the metadata is not kept, see `shelf.cleaned`.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Self

from nbformat import NotebookNode, from_dict
from pydantic import BaseModel, ConfigDict, ValidationError

import zoo
from notebooks.house import shelf
from serving_kit.bench import Machine, Row
from serving_kit.bench.row import versions
from serving_kit.errors import BadInput
from serving_kit.spec import Conversion, Provenance, Spec


class Record(BaseModel):
    """What is known of a notebook's last run in place; a guide's has no more than the first three fields.

    Latencies are in milliseconds as the client saw them, of requests one after the other over HTTP.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ran_at: date
    machine: str
    versions: dict[str, str]
    provenance: Provenance | None = None
    engine: str | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    requests_per_s: float | None = None
    conversion: Conversion | None = None

    @classmethod
    def read(cls, notebook: NotebookNode) -> Self | None:
        """Return a notebook's record, None where it has none; BadInput where it cannot be understood."""
        kept = notebook.metadata.get(shelf.RECORD)
        try:
            return None if kept is None else cls.model_validate(kept)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"]))
            raise BadInput(f"the notebook's record, field {field}: {first['msg']}; run it in place again") from None

    def write(self, notebook: NotebookNode) -> None:
        """Put the record into a notebook's metadata."""
        kept = self.model_dump(mode="json", exclude_none=True)
        notebook.metadata[shelf.RECORD] = from_dict(kept)


def of_model(row: Row, conversion: Conversion | None) -> Record:
    """Return the record of a model's notebook from its latency row and its `spec.json`."""
    return Record(
        ran_at=row.at.date(),
        machine=_words(row.machine),
        versions=row.versions,
        provenance=row.provenance,
        engine=row.engine,
        p50_ms=round(row.p50_ms, 3),
        p95_ms=round(row.p95_ms, 3),
        requests_per_s=round(row.requests_per_s, 1),
        conversion=conversion,
    )


def of_guide(ran_at: date) -> Record:
    """Return the record of a guide that ran on this machine."""
    return Record(ran_at=ran_at, machine=_words(Machine.here()), versions=versions())


def conversion(slug: str) -> Conversion | None:
    """Return what the model directory, made when the notebook ran, says of its conversion."""
    card = zoo.load(slug)
    spec = Spec.read(zoo.convert(card, zoo.fetch(card)) / "serving_server")
    return spec.conversion if spec else None


def every() -> Iterator[tuple[Path, Record | None]]:
    """Yield each model's notebook with its record."""
    for path in shelf.model_notebooks():
        yield path, Record.read(shelf.read(path))


def _words(machine: Machine) -> str:
    return f"{machine.cpu}, {machine.cores} core{'s' if machine.cores != 1 else ''}"
