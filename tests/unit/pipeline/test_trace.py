import json
import os
import threading
import time
from typing import Any

import pytest

from serving_kit.compat.server.analyse import Analyst
from serving_kit.pipeline.graph import ENTRY
from serving_kit.pipeline.pipeline import Pipeline
from serving_kit.pipeline.timing import Timing
from serving_kit.pipeline.trace import KEY, Trace
from tests.unit.pipeline.watched import ask, question, run, watched


def traced() -> Trace:
    now = time.monotonic()
    trace = Trace(5, now - 1)
    trace.add("prepack", now - 1)
    trace.add_batch("det: 1", now - 0.9, Timing(now - 0.8, now - 0.7, now - 0.2, now - 0.1, 11, 12), (5, 6))
    return trace


def test_the_profile_has_a_line_a_process_with_begin_and_end_of_each_step() -> None:
    lines = traced().profile().splitlines()
    assert [line.split("\t")[:2] for line in lines] == [["PROFILE", f"pid:{os.getpid()}"], ["PROFILE", "pid:11"]]
    names = [event.rpartition(":")[0] for line in lines for event in line.split("\t")[2].split()]
    assert names[:4] == ["call_5#DAG_0", "call_5#DAG_1", f"prepack_5#{ENTRY}_0", f"prepack_5#{ENTRY}_1"]
    assert names[-8:] == [f"{step}#[det--1|12]_{edge}" for step in ("in", "prep", "midp", "postp") for edge in (0, 1)]
    stamps_us = [int(event.rpartition(":")[2]) for event in lines[1].split("\t")[2].split()]
    assert stamps_us == sorted(stamps_us)
    assert stamps_us[-1] / 1e6 == pytest.approx(time.time(), abs=5)


def test_chromes_trace_has_a_row_an_op_and_names_the_batch_mates() -> None:
    document = traced().chrome()
    slices = [event for event in document["traceEvents"] if event["ph"] == "X"]
    rows = {event["tid"]: event["args"]["name"] for event in document["traceEvents"] if event["ph"] == "M"}
    assert [(rows[one["tid"]], one["name"]) for one in slices] == [
        (ENTRY, "call"),
        (ENTRY, "prepack"),
        *(("det: 1", step) for step in ("in", "prep", "midp", "postp", "out")),
    ]
    midp = slices[4]
    assert midp["pid"] == 11
    assert midp["args"] == {"data_id": 5, "thread": 12, "batch": [5, 6]}
    assert midp["dur"] == pytest.approx(500_000, abs=2)
    assert midp["ts"] == pytest.approx(slices[3]["ts"] + slices[3]["dur"], abs=2)
    json.dumps(document)


def test_a_client_that_asks_for_it_gets_the_profile_with_its_answer(tmp_path: Any) -> None:
    async def look(pipeline: Pipeline) -> dict[str, str]:
        answer = await pipeline.answer(question("3", **{KEY: "1"}))
        return dict(zip(answer.key, answer.value, strict=True))

    values = run(watched(), look)
    assert values["sum"] == "1.5"
    (tmp_path / "profile").write_text(values[KEY], encoding="utf-8")
    times = Analyst(tmp_path / "profile").get_op_analyst().times()
    assert {op: set(steps) for op, steps in times.items()} == {
        "half": {"prep", "midp", "postp"},
        "sum": {"prep", "midp", "postp"},
    }
    for step in ("call_0#DAG", f"prepack_0#{ENTRY}", f"postpack_0#{ENTRY}"):
        assert f"{step}_0:" in values[KEY]


def test_it_may_come_as_chromes_trace_and_in_a_model_s_answer_too() -> None:
    async def look(pipeline: Pipeline) -> Any:
        return await pipeline.run({"x": "3", KEY: "chrome"}, log_id=3)

    answer = run(watched(), look)
    assert answer["sum"] == "1.5"
    slices = [event for event in json.loads(answer[KEY])["traceEvents"] if event["ph"] == "X"]
    assert {event["cat"] for event in slices} == {ENTRY, "half", "sum"}
    threads = {event["cat"]: event["args"]["thread"] for event in slices if event["name"] == "midp"}
    assert threads["sum"] == threading.get_native_id() != threads["half"]


def test_a_request_that_fails_has_its_profile_and_one_that_does_not_ask_has_none() -> None:
    async def look(pipeline: Pipeline) -> list[Any]:
        return [await pipeline.answer(question("no number", **{KEY: "1"})), *(await ask(pipeline, "1"))]

    failed, answered = run(watched(), look)
    assert failed.err_no
    assert "prep#[half|" in dict(zip(failed.key, failed.value, strict=True))[KEY]
    assert list(answered.key) == ["sum"]


def test_use_profile_prints_each_request_and_answers_as_ever(capsys: pytest.CaptureFixture[str]) -> None:
    async def look(pipeline: Pipeline) -> list[Any]:
        return await ask(pipeline, "1", "2")

    answers = run(watched(dag={"use_profile": True}), look)
    assert [list(answer.key) for answer in answers] == [["sum"], ["sum"]]
    printed = capsys.readouterr().err
    assert "call_0#DAG_0:" in printed
    assert "call_1#DAG_1:" in printed
