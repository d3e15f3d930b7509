"""Running notebooks: what came of them, what is said of a failure, and that nothing stays behind."""

import io
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from rich.console import Console

from notebooks.house import outcome, report, run, shelf
from notebooks.house.outcome import Outcome
from serving_kit import bench
from serving_kit.spec import Provenance

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
START_A_SERVER = """\
import serving_kit as sk, zoo
from pathlib import Path
card = zoo.load("uci-housing")
server = sk.start(zoo.convert(card, zoo.fetch(card)))
Path("pid").write_text(str(server.pid))
"""


def _row(slug: str) -> bench.Row:
    return bench.Row(
        slug=slug,
        provenance=Provenance.REGISTRY,
        engine="paddle",
        concurrency=1,
        requests=10,
        errors=0,
        p50_ms=1.234,
        p95_ms=2,
        p99_ms=3.5,
        requests_per_s=1234.5,
        machine=bench.Machine.here(),
        versions={"python": "3.11"},
        at=datetime.now(UTC),
    )


@pytest.fixture
def good() -> Outcome:
    cells = [
        new_markdown_cell("# House prices\n\nA line <script>alert(1)</script>."),
        new_code_cell("print(verdict)", metadata={"tags": ["verify"]}, outputs=[new_output("stream", text="m: 18.9")]),
    ]
    return Outcome("m", new_notebook(cells=cells, metadata=KERNEL), "18.9", "", _row("m"), 3.0)


@pytest.fixture
def bad() -> Outcome:
    return Outcome("lac", None, "", "cell frame-serve: BadInput: shape [1, 13] <b>", None, 1.0)


def _write(path: Path, *sources: str) -> Path:
    cells = [new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources, 1)]
    shelf.write(new_notebook(cells=cells, metadata=KERNEL), path)
    return path


def test_what_the_verify_cell_printed_is_the_answer(good: Outcome) -> None:
    assert good.notebook is not None
    assert outcome.answer(good.notebook, "m") == "18.9"


def test_a_notebook_that_never_began_says_the_last_line_of_its_log(tmp_path: Path) -> None:
    log = tmp_path / "m.log"
    log.write_text("Traceback\nNoSuchKernel: python3\n\n")
    done = outcome.read(tmp_path / "m.ipynb", tmp_path / "none.ipynb", log, [], 1.0, ended_well=False)
    assert done.error == "NoSuchKernel: python3"


def test_a_model_that_left_no_latency_row_under_its_name_has_failed(good: Outcome, tmp_path: Path) -> None:
    assert good.notebook
    executed = tmp_path / "m.ipynb"
    shelf.write(good.notebook, executed)
    done = outcome.read(executed, executed, tmp_path / "m.log", [_row("other")], 1.0, ended_well=True)
    assert done.error == "it left no latency row for m"


def test_the_table_names_answers_times_and_failures(good: Outcome, bad: Outcome) -> None:
    text = io.StringIO()
    Console(file=text, width=120).print(run.table([good, bad]))
    model, failed = (" ".join(line.split()) for line in text.getvalue().splitlines()[3:5])
    assert model == "m registry 18.9 1.23 2.00 3.50 1,234"
    assert failed == "lac failed: cell frame-serve: BadInput: shape [1, 13] <b>"


def test_the_report_is_one_file_that_loads_nothing(good: Outcome, bad: Outcome, tmp_path: Path) -> None:
    page = report.write([good, bad], tmp_path / "report.html").read_text()
    assert "<h1" in page
    assert "House prices" in page
    assert page.count("<svg") == 1
    assert 'href="#lac" class="bad"' in page
    assert "shape [1, 13] &lt;b&gt;" in page
    for loader in ("<script src", "<link", "<iframe", "@import", "url(http", 'src="http'):
        assert loader not in page


@pytest.mark.integration
def test_a_failing_notebook_names_its_cell_and_leaves_no_server(tmp_path: Path) -> None:
    path = _write(tmp_path / "failing.ipynb", START_A_SERVER, "raise ValueError('too much [x]')", "print('never')")
    (done,) = run.run([path], 1, Console(file=io.StringIO()), folder=tmp_path / "run")
    assert done.error == "cell cell-2: ValueError: too much [x]"
    server = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 20
    while psutil.pid_exists(server) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not psutil.pid_exists(server)


@pytest.mark.integration
def test_notebooks_run_beside_each_other_in_their_own_folders(tmp_path: Path) -> None:
    sources = ("from pathlib import Path", "Path.cwd().name")
    paths = [_write(tmp_path / name / f"{name}.ipynb", *sources) for name in ("one", "two")]
    console = Console(file=io.StringIO())
    done = run.run(paths, 2, console, folder=tmp_path / "run")
    assert [each.slug for each in done] == ["one", "two"]
    for each in done:
        assert each.notebook
        assert each.notebook.cells[-1].outputs[0].data["text/plain"] == f"'{each.slug}'"


def test_an_interruption_while_the_report_is_written_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "argv", ["run", "start-here"])
    monkeypatch.setattr(run, "run", lambda *_, **__: [])
    monkeypatch.setattr(report, "write", interrupt)
    assert run.main() == 130
    assert capsys.readouterr().out.splitlines()[-1] == "interrupted; run the same command again to start over"


def test_an_unknown_notebook_is_one_sentence() -> None:
    command = [sys.executable, "-m", "notebooks.house.run", "no-such-model"]
    done = subprocess.run(command, cwd=shelf.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("no notebook is called 'no-such-model'")
    assert len(done.stderr.splitlines()) == 1


def test_what_papermill_adds_is_not_kept(good: Outcome) -> None:
    assert good.notebook
    good.notebook.cells.insert(1, new_code_cell("results = '/x'", metadata={"tags": ["injected-parameters"]}))
    good.notebook.cells[0].metadata = {"papermill": {"duration": 1.5}, "tags": []}
    good.notebook.metadata["papermill"] = {"version": "2"}
    cleaned = shelf.cleaned(good.notebook)
    assert [dict(cell.metadata) for cell in cleaned.cells] == [{}, {"tags": ["verify"]}]
    assert cleaned.metadata == {**KERNEL, "language_info": {"name": "python"}}
