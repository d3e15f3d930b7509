import logging
from pathlib import Path

import pytest

from serving_kit.errors import BadInput
from serving_kit.pipeline.logs import TRACER, log_folder, logging_to
from serving_kit.pipeline.pipeline import Pipeline
from serving_kit.pipeline.tracer import Tracer
from tests.unit.pipeline.watched import ask, run, watched


def test_a_pipelines_lines_go_to_three_files(tmp_path: Path) -> None:
    async def look(pipeline: Pipeline) -> None:
        tracer = Tracer(pipeline, 10)
        await ask(pipeline, "1", "no number")
        tracer.write()

    with logging_to(tmp_path / "a" / "logs"):
        run(watched(), look)
    logs, warnings, tracer = (
        (tmp_path / "a" / "logs" / name).read_text(encoding="utf-8")
        for name in ("pipeline.log", "pipeline.log.wf", "pipeline.tracer")
    )
    assert "data_id=0 log_id=7 answered" in logs
    assert "data_id=1 log_id=7 failed" in logs
    assert logs.startswith(("INFO 20", "ERROR 20"))
    assert "answered" not in warnings
    assert "ERROR 20" in warnings
    assert "data_id=1 log_id=7 op half: preprocess failed" in warnings
    assert "Query count[2]" in tracer
    assert "Query count" not in logs


def test_the_files_turn_over_at_the_old_size(tmp_path: Path) -> None:
    logger = logging.getLogger("serving_kit")
    before = list(logger.handlers)
    with logging_to(tmp_path):
        handlers = [handler for handler in (*logger.handlers, *TRACER.handlers) if handler not in before]
        kept = {Path(handler.baseFilename).name: (handler.maxBytes, handler.backupCount) for handler in handlers}
    assert kept == {
        "pipeline.log": (512_000_000, 20),
        "pipeline.log.wf": (512_000_000, 10),
        "pipeline.tracer": (512_000_000, 5),
    }


def test_a_full_file_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving_kit.pipeline.logs._MAX_BYTES", 20_000)
    with logging_to(tmp_path):
        for number in range(1000):
            logging.getLogger("serving_kit").info("line %d", number)
    files = [tmp_path / "pipeline.log.1", tmp_path / "pipeline.log"]
    assert [file.stat().st_size < 40_000 for file in files] == [True, True]
    written = [line for file in sorted(tmp_path.glob("pipeline.log*")) for line in file.read_text().splitlines()]
    assert {line.rpartition(" ")[2] for line in written} == {str(number) for number in range(1000)}


def test_nothing_is_left_behind_and_nothing_more_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logger, root = logging.getLogger("serving_kit"), logging.getLogger()
    printing, level = logging.StreamHandler(), logger.level
    root.addHandler(printing)
    logger.setLevel(logging.WARNING)

    def state() -> list[object]:
        loggers = (logger, TRACER, root)
        return [
            (one.level, one.propagate, list(one.handlers), [each.level for each in one.handlers]) for one in loggers
        ]

    before = state()
    try:
        with logging_to(tmp_path):
            logger.info("a quiet line")
            logger.warning("a loud line")
        assert state() == before
        assert capsys.readouterr().err == "a loud line\n"
    finally:
        root.removeHandler(printing)
        logger.setLevel(level)
    assert "a quiet line" in (tmp_path / "pipeline.log").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    before = list(logging.getLogger("serving_kit").handlers)
    with (
        pytest.raises(BadInput, match=r"logs cannot be written to .*: Not a directory"),
        logging_to(tmp_path / "file" / "logs"),
    ):
        pass
    (tmp_path / "pipeline.log.wf").mkdir()
    with pytest.raises(BadInput, match="Is a directory; name a folder"), logging_to(tmp_path):
        pass
    assert logging.getLogger("serving_kit").handlers == before


def test_where_logs_belong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVING_LOG_PATH", raising=False)
    assert log_folder() == Path("PipelineServingLogs")
    monkeypatch.setenv("SERVING_LOG_PATH", "/var/log")
    assert log_folder() == Path("/var/log/PipelineServingLogs")
