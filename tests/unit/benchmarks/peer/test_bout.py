from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.peer import bout
from benchmarks.peer.bout import Plan, Turn
from benchmarks.peer.generator import Load
from benchmarks.peer.peer import Peer
from benchmarks.peer.question import Question, Wire, plain_json, raw
from benchmarks.peer.row import Absence, Point
from serving_kit.errors import Unavailable
from tests.unit.benchmarks.peer.made import MADE
from tests.unit.benchmarks.peer.rows import limit

PLAN = Plan(seconds=2, server_core=0, client_core=0)


class Generator:
    """Answers 100 requests to every load but those that `answers` says otherwise of, by concurrency."""

    def __init__(self, answers: dict[int, int] | None = None) -> None:
        self.answers = answers or {}
        self.asked: list[tuple[str, int, int]] = []

    def load(self, question: Question, _: int, concurrency: int, *, seconds: int, core: int, folder: Path) -> Load:
        self.asked.append((question.path, concurrency, seconds))
        return Load(self.answers.get(concurrency, 100), 1, 2.0, 1.0, 3.0, 0.2)


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start nothing: a server that uses a second of processor time between two looks and answers everything right."""

    @contextmanager
    def started(*_: object) -> Iterator[Any]:
        seconds = iter(range(1000))
        yield SimpleNamespace(cpu_s=lambda: next(seconds), memory_bytes=lambda: 5, last_words=lambda: "goodbye")

    monkeypatch.setattr(bout, "started", started)
    for name in ("wait_until_idle", "wait_until_right", "check"):
        monkeypatch.setattr(bout, name, lambda *_: None)


def peer(**changes: Any) -> Peer:
    both = {Wire.JSON: plain_json("/json", MADE), Wire.BINARY: raw("/binary", MADE)}
    said = {"name": "p", "title": "P", "settings": "none", "command": lambda _: ["p"], "questions": lambda _: both}
    return Peer(**(said | changes))


def measured(
    folder: Path, asked: Peer, generator: Generator | None = None, plan: Plan = PLAN
) -> Sequence[Point | Absence]:
    return list(Turn(asked, MADE, generator or Generator(), plan, 1, folder / "turn").measure())  # type: ignore[arg-type]


def test_every_form_is_warmed_up_and_asked_at_every_concurrency(tmp_path: Path) -> None:
    generator = Generator()
    rows = measured(tmp_path, peer(), generator)
    assert [(row.wire, row.concurrency) for row in rows] == [(wire, c) for wire in Wire for c in (1, 8, 32)]
    assert generator.asked[:4] == [("/json", 8, 1), ("/json", 1, 2), ("/json", 8, 2), ("/json", 32, 2)]
    (first, *_) = rows
    assert isinstance(first, Point)
    assert (first.requests_per_s, first.server_cpu_us, first.round, first.failures) == (50, 10_000, 1, 1)


def test_a_form_that_a_server_does_not_take_is_a_row(tmp_path: Path) -> None:
    only_json = peer(questions=lambda made: {Wire.JSON: plain_json("/json", made)})
    absent, *points = measured(tmp_path, only_json)
    assert isinstance(absent, Absence)
    assert (absent.wire, absent.reason) == (Wire.BINARY, "does not take this form")
    assert len(points) == 3


def test_a_server_that_is_not_there_is_a_row_and_is_not_started(tmp_path: Path) -> None:
    assert measured(tmp_path, peer(missing=lambda _: "no java")) == [Absence(model="m9", server="p", reason="no java")]
    assert not (tmp_path / "turn").exists()


def test_a_server_that_does_not_come_up_is_a_row_without_this_machines_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Unavailable(f"ended: {tmp_path / 'turn'}/server.conf is bad")

    monkeypatch.setattr(bout, "wait_until_right", refuse)
    (row,) = measured(tmp_path, peer())
    assert isinstance(row, Absence)
    assert row.reason == "ended: server.conf is bad"


def test_a_server_that_stops_answering_keeps_what_it_reached(tmp_path: Path) -> None:
    rows = measured(tmp_path, peer(), Generator({32: 0}))
    kinds = [(type(row), row.wire, row.concurrency) for row in rows[:3]]
    assert kinds == [(Point, Wire.JSON, 1), (Point, Wire.JSON, 8), (Absence, Wire.JSON, 32)]


def test_large_concurrencies_can_be_left_out(tmp_path: Path) -> None:
    rows = measured(tmp_path, peer(), plan=Plan(2, 0, 0, most_connections=8))
    assert {row.concurrency for row in rows} == {1, 8}


def test_slow_models_are_asked_until_every_connection_was_answered_more_than_once() -> None:
    slow = PLAN.against(limit(12.0))
    assert [slow.seconds_of(c) for c in (1, 32, 100)] == [2, 4, 13]
