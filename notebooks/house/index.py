"""The tables of models: the index of the notebooks, the README's, and what conversion cost, from cards and records."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import zoo
from notebooks.house import shelf
from notebooks.house.markdown import table
from notebooks.house.record import Record
from serving_kit.bench.number import short
from zoo.card import Card

_KINDS = {"registry": "registry", "url": "official", "train": "trained", "architecture": "untrained"}


class Entry(NamedTuple):
    """A model: its card, its notebook where it has one, and the record of that notebook's last run in place."""

    card: Card
    path: Path | None
    record: Record | None

    @property
    def provenance(self) -> str:
        """Where the weights come from: as the last run found them, else as the card says first."""
        return self.record.provenance if self.record and self.record.provenance else _KINDS[self.card.sources[0].kind]

    @property
    def p50(self) -> str:
        """Milliseconds, a dash where it never ran."""
        return short(self.record.p50_ms) if self.record and self.record.p50_ms else "–"

    @property
    def last_run(self) -> str:
        """A date, a dash where it never ran."""
        return self.record.ran_at.isoformat() if self.record else "–"

    def link(self, folder: Path) -> str:
        """Return the model's name, leading to its notebook from a document in `folder`."""
        return f"[{self.card.name}]({self.path.relative_to(folder)})" if self.path else self.card.name


def entries() -> list[Entry]:
    """Return every model, by task and name."""
    notebooks = {path.stem: path for path in shelf.model_notebooks()}
    found = []
    for card in map(zoo.load, zoo.names()):
        path = notebooks.get(card.name)
        found.append(Entry(card, path, Record.read(shelf.read(path)) if path else None))
    return sorted(found, key=lambda entry: (entry.card.task, entry.card.name))


def models() -> str:
    """Return the README's table: one row a model."""
    heading = ("task", "model", "what it answers", "weights", "licence", "MB", "p50 ms", "last run")
    rows = []
    for entry in entries():
        card = entry.card
        size, times = f"{card.resources.size_mb:g}", (entry.p50, entry.last_run)
        link = entry.link(shelf.ROOT)
        rows.append((_words(card.task), link, card.title, entry.provenance, card.licence, size, *times))
    return table(heading, rows, numbers=3) + "\n" + _measured_on(entries())


def guides() -> str:
    """Return a list of the notebooks that belong to no single model, the tour first."""
    lines = [f"- [{shelf.title(shelf.read(path))}]({path.relative_to(shelf.NOTEBOOKS)})\n" for path in shelf.guides()]
    return "".join(lines)


def index() -> str:
    """Return the index of the models: each task with its models and their thumbnails."""
    found = entries()
    tasks = sorted({entry.card.task for entry in found})
    count = {task: sum(entry.card.task == task for entry in found) for task in tasks}
    contents = " · ".join(f"[{_words(task)}](#{task}) {count[task]}" for task in tasks)
    sections = (_section(task, [entry for entry in found if entry.card.task == task]) for task in tasks)
    return "\n".join([f"{contents}\n", *sections, _measured_on(found)])


def conversions() -> str:
    """Return one row a converted model: how far its answer to the card's example is from its source's."""
    heading = ("model", "from", "converter", "compared with", "largest difference", "allowed")
    rows, native = [], []
    for entry in entries():
        if entry.record is None or (made := entry.record.conversion) is None:
            continue
        link = f"[{entry.card.name}](cards/{entry.card.name}.yaml)"
        if made.compared_with is None or made.max_abs_difference is None or made.converter.startswith("none"):
            native.append(f"{link} ({made.source_format})")
            continue
        allowed = "–" if made.threshold is None else f"{made.threshold:g}"
        far = f"{made.max_abs_difference:.2g}"
        rows.append((link, made.source_format, made.converter, made.compared_with, far, allowed))
    return table(heading, rows, numbers=2) + f"\nServed in the format they came in: {', '.join(native) or 'none'}.\n"


def _section(task: str, found: Iterable[Entry]) -> str:
    heading = ("", "model", "weights", "licence", "MB", "p50 ms", "last run")
    rows = []
    for entry in found:
        card = entry.card
        picture = f'<img src="thumbnails/{card.name}.jpg" width="160" alt="{card.title}">' if entry.path else ""
        words = f"**{entry.link(shelf.NOTEBOOKS)}**<br>{card.title}"
        size, times = f"{card.resources.size_mb:g}", (entry.p50, entry.last_run)
        rows.append((picture, words, entry.provenance, card.licence, size, *times))
    return f"### {_words(task).capitalize()}\n\n{table(heading, rows, numbers=3)}"


def _measured_on(found: Iterable[Entry]) -> str:
    machines = sorted(set(_machines(found)))
    if not machines:
        return ""
    return f"p50 is half of the requests' latency over HTTP, one after the other, on {' or '.join(machines)}.\n"


def _machines(found: Iterable[Entry]) -> Iterator[str]:
    yield from (entry.record.machine for entry in found if entry.record)


def _words(task: str) -> str:
    return task.replace("-", " ")
