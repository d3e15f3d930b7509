"""The record of a run survives in the notebook, whatever is stamped or cleaned around it."""

from datetime import date

import pytest
from nbformat.v4 import new_notebook

from notebooks.house import frame, record, shelf
from notebooks.house.record import Record
from notebooks.house.rules import Page
from serving_kit.errors import BadInput
from serving_kit.spec import Conversion
from tests.house.conftest import latency_row

CONVERSION = Conversion(
    source_format="onnx", converter="x2paddle 1", compared_with="onnxruntime 1", max_abs_difference=1e-5, threshold=1e-4
)


def test_what_is_written_is_read_again() -> None:
    notebook = new_notebook()
    written = record.of_model(latency_row("m"), CONVERSION)
    written.write(notebook)
    assert Record.read(notebook) == written
    assert (written.p50_ms, written.requests_per_s, written.machine) == (1.234, 1234.5, "A fast one, 2 cores")


def test_a_guide_has_a_day_and_a_machine_and_no_latency() -> None:
    written = record.of_guide(date(2026, 1, 2))
    notebook = new_notebook()
    written.write(notebook)
    assert set(notebook.metadata[shelf.RECORD]) == {"ran_at", "machine", "versions"}
    assert Record.read(notebook) == written


def test_a_notebook_that_never_ran_has_none() -> None:
    assert Record.read(new_notebook()) is None


def test_a_record_that_is_none_says_which_field() -> None:
    notebook = new_notebook(metadata={shelf.RECORD: {"ran_at": "yesterday", "machine": "m", "versions": {}}})
    with pytest.raises(BadInput, match=r"record, field ran_at: .*; run it in place again"):
        Record.read(notebook)


def test_stamping_keeps_it_and_does_not_call_it_drift(page: Page) -> None:
    assert page.card
    assert frame.drift(page.notebook, page.card) == []
    assert Record.read(frame.stamp(page.notebook, page.card)) == Record.read(page.notebook)
