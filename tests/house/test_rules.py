"""Every rule lets a good notebook pass and finds the one fault of a bad one."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

import zoo
from notebooks.house import rules, shelf
from notebooks.house.rules import Page
from tests.house.conftest import cell, twin, written
from zoo.card import ArchitectureSource

Spoil = Callable[[Page], object]


def _printed(text: str, stream: str = "stdout") -> Spoil:
    return lambda page: page.code()[0].outputs.append(new_output("stream", name=stream, text=text))


def _shown(kind: str, text: str) -> Spoil:
    return lambda page: page.code()[0].outputs.append(new_output("display_data", {kind: text}))


def _add(count: int) -> Spoil:
    return lambda page: page.notebook.cells.extend(new_markdown_cell("more") for _ in range(count))


def _write(name: str, source: str) -> Spoil:
    return lambda page: cell(page, name).update(source=source)


def _drop(*names: str) -> Spoil:
    def drop(page: Page) -> None:
        page.notebook.cells = [cell for cell in page.notebook.cells if cell.id not in names]

    return drop


FAULTS = [
    (rules.few_cells, _add(4), "23 cells, 22 are allowed"),
    (rules.short_cells, _write("own-lesson-code", "x = 1\n" * 13), "own-lesson-code has 13 lines, 12"),
    (rules.short_cells, _write("frame-stop", "x = 1\n" * 7), "frame-stop has 7 lines, 6"),
    (rules.run_in_order, lambda page: page.code()[3].update(execution_count=9), "[1, 2, 3, 9, 5"),
    (rules.run_in_order, lambda page: page.code()[0].update(execution_count=None), "make notebooks"),
    (
        rules.no_errors,
        lambda page: page.code()[0].outputs.append(new_output("error", ename="Unavailable", evalue="", traceback=[])),
        "frame-parameters shows Unavailable",
    ),
    (rules.no_errors, _printed("UserWarning: old\n", "stderr"), "stderr: UserWarning: old"),
    (rules.no_widgets, _shown("application/vnd.jupyter.widget-view+json", "{}"), "shows a widget"),
    (rules.no_widgets, lambda page: page.notebook.metadata.update(widgets={}), "metadata holds widgets"),
    (rules.no_machine_paths, _printed("kept in /home/ann/.cache/x"), "/home/ann"),
    (rules.no_machine_paths, _shown("text/plain", "PosixPath('/mnt/x1')"), "/mnt/x1"),
    (rules.finished, _write("own-lesson", f"## {rules.PLACEHOLDER}"), "own-lesson still says CHANGE ME"),
    (rules.unique_ids, lambda page: cell(page, "own-lesson").update(id="own-answer"), "the id own-answer"),
    (rules.nothing_skipped, _write("own-lesson-code", "# NBVAL_SKIP\nslow()"), "own-lesson-code is marked NBVAL_SKIP"),
    (
        rules.nothing_skipped,
        lambda page: cell(page, "frame-setup").metadata.update(tags=["raises-exception"]),
        "frame-setup is marked raises-exception",
    ),
    (rules.recorded, lambda page: page.notebook.metadata.pop("serving_kit"), "no record of its last run"),
    (rules.recorded, lambda page: page.notebook.metadata.serving_kit.pop("p50_ms"), "no record of its last run"),
    (rules.recorded, lambda page: page.notebook.metadata.serving_kit.update(p50_ms="fast"), "record, field p50_ms"),
    (rules.own_text, _drop("own-lesson"), "2 text cells of its own"),
    (rules.own_code, _drop("own-lesson-code", "own-answer-code"), "1 code cells of its own"),
    (rules.framed, _write("frame-setup", "import zoo"), "make sync`: frame-setup"),
    (rules.framed, _drop("frame-verify"), "frame-verify"),
    (rules.parametrised, _write("frame-parameters", "requests = 1\nworkers = 2"), "['requests', 'workers']"),
    (rules.parametrised, lambda page: cell(page, "frame-parameters").metadata.clear(), "found []"),
]


@pytest.mark.parametrize("rule", dict.fromkeys(rules.EVERY + rules.MODEL + rules.GUIDE))
def test_a_good_notebook_keeps_the_rule(rule: Callable[..., object], page: Page) -> None:
    assert list(rule(page)) == []


@pytest.mark.parametrize(("rule", "spoil", "complaint"), FAULTS)
def test_a_fault_is_found(rule: Callable[..., object], spoil: Spoil, complaint: str, page: Page) -> None:
    spoil(page)
    (found,) = rule(page)
    assert complaint in found


def test_every_rule_of_one_notebook_has_a_fault_here() -> None:
    elsewhere = {rules.small_file, rules.one_slug, rules.settable, rules.untrained_shows_no_labels}
    assert {rule for rule, *_ in FAULTS} | elsewhere == {*rules.EVERY, *rules.MODEL, *rules.GUIDE}


def test_a_large_file_is_found(page: Page) -> None:
    (found,) = rules.small_file(dataclasses.replace(page, size_bytes=301 * 1024))
    assert found.startswith("301 KB, 300 KB are allowed")


@pytest.mark.parametrize("path", ["regression/uci-house.ipynb", "classification/uci-housing.ipynb"])
def test_a_notebook_under_another_name_or_task_is_found(path: str, page: Page) -> None:
    (found,) = rules.one_slug(dataclasses.replace(page, path=shelf.NOTEBOOKS / path))
    assert found == f"it lies at {path.removesuffix('.ipynb')}, the card says regression/uci-housing"


def test_untrained_weights_show_no_labels(page: Page) -> None:
    assert page.card
    untrained = ArchitectureSource.model_construct(kind="architecture", exporter="x", seed=0)
    card = page.card.model_copy(update={"sources": (untrained,), "labels": ("tabby cat", "tiger cat")})
    page = dataclasses.replace(page, card=card)
    assert list(rules.untrained_shows_no_labels(page)) == []
    _printed("it is a tiger cat at 0.3")(page)
    assert list(rules.untrained_shows_no_labels(page)) == ["shows the label 'tiger cat', but its weights are untrained"]


def test_a_code_cell_may_stand_in_two_notebooks_but_not_in_three(page: Page) -> None:
    page.notebook.cells = [new_code_cell("show(answer)\nprint(answer)")]
    two, three = twin(page, "two"), twin(page, "three")
    three.notebook.cells[0].source += "  \n"
    assert list(rules.no_copies([page, two])) == []
    (found,) = rules.no_copies([page, two, three])
    assert found == "the same cell stands in three, two, uci-housing: show(answer)"


def test_the_frame_may_stand_in_every_notebook(page: Page) -> None:
    page.notebook.cells = [cell for cell in page.notebook.cells if cell.id.startswith("frame-")]
    assert list(rules.no_copies([page, twin(page, "two"), twin(page, "three")])) == []


def test_a_card_without_a_notebook_is_found(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "names", lambda: ["lac", "uci-housing"])
    assert list(rules.one_notebook_each([page])) == ["card lac has no notebook"]


@pytest.fixture
def guide(page: Page, monkeypatch: pytest.MonkeyPatch) -> Page:
    monkeypatch.setattr(zoo, "names", list)
    return dataclasses.replace(twin(page, "protocols"), path=shelf.GUIDES / "protocols.ipynb", card=None)


@pytest.fixture
def tour(page: Page) -> Page:
    tour = twin(page, "start-here")
    cell(tour, "own-lesson").source += " See [protocols](guides/protocols.ipynb)."
    return dataclasses.replace(tour, path=shelf.NOTEBOOKS / "start-here.ipynb", card=None)


def test_a_guide_is_as_short_and_as_finished_as_any_notebook(guide: Page, tour: Page) -> None:
    assert list(rules.broken([tour, guide])) == []
    _add(4)(guide)
    _write("own-sample", rules.PLACEHOLDER)(guide)
    assert list(rules.broken([tour, guide])) == [
        "protocols: few_cells: 23 cells, 22 are allowed",
        "protocols: finished: cell own-sample still says CHANGE ME",
    ]


def test_a_guide_has_no_card_to_agree_with(guide: Page, tour: Page) -> None:
    _write("frame-parameters", "rows = 4096")(guide)
    _write("frame-setup", "import zoo")(guide)
    assert list(rules.broken([tour, guide])) == []


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (_drop("frame-parameters"), "found []"),
        (lambda page: cell(page, "frame-setup").metadata.update(tags=["parameters"]), "'frame-setup']"),
        (_write("frame-parameters", "# nothing to set"), "found ['frame-parameters']"),
    ],
)
def test_a_guide_says_in_one_cell_what_it_can_be_run_with(spoil: Spoil, found: str, guide: Page) -> None:
    spoil(guide)
    (complaint,) = rules.settable(guide)
    assert complaint.endswith(found)


def test_the_tour_has_nothing_to_set(tour: Page) -> None:
    _drop("frame-parameters")(tour)
    assert list(rules.settable(tour)) == []


def test_a_guide_that_the_tour_does_not_lead_to_is_found(guide: Page, tour: Page) -> None:
    assert list(rules.guides_are_found([tour, guide])) == []
    _drop("own-lesson")(tour)
    assert list(rules.guides_are_found([tour, guide])) == ["the tour has no link to guides/protocols.ipynb"]


def test_a_notebook_without_a_card_is_a_complaint_among_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [written(tmp_path / "regression" / f"{slug}.ipynb", "x = 1") for slug in ("uci-housing", "no-card")]
    monkeypatch.setattr(shelf, "paths", lambda: paths)
    assert rules.main() == 1
    said = capsys.readouterr().out
    assert "no-card: its card cannot be read: no card 'no-card'" in said
    assert "uci-housing: own_text: 0 text cells of its own, at least 3 are needed" in said
