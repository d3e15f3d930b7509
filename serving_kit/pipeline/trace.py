"""When what happened to one request: as Paddle Serving's profile text, and as a trace for Chrome and Perfetto."""

import os
import re
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from serving_kit.pipeline.graph import ENTRY
from serving_kit.pipeline.timing import Timing

KEY = "pipeline.profile"
"""Among a request's values it asks for a trace, under which key the answer has it: "1" for text, "chrome" for JSON."""


_CUT = re.compile(r"[\s:]")  # what would end a name in the text


class Span(NamedTuple):
    """One step, by `time.monotonic`, at an op or at the pipeline itself; `batch` has all requests that shared it."""

    step: str
    op: str
    began_at: float
    ended_at: float
    process: int
    thread: int
    batch: tuple[int, ...] = ()


class Trace:
    """The steps of one request from `began_at` on, and the form in which its client wants to have them, if at all."""

    def __init__(self, data_id: int, began_at: float, form: str = "") -> None:
        self.data_id = data_id
        self.form = form
        self.spans: list[Span] = []
        self._began_at = began_at
        self._since_1970_s = time.time() - time.monotonic()

    def add(self, step: str, began_at: float) -> None:
        """Note a step of the pipeline itself, which is just over."""
        self.spans.append(Span(step, ENTRY, began_at, time.monotonic(), os.getpid(), threading.get_native_id()))

    def add_batch(self, op: str, came_at: float, timing: Timing, batch: tuple[int, ...]) -> None:
        """Note what an op has just done for the request."""
        *ends, process, thread = (came_at, *timing)
        for step, began_at, ended_at in zip(("in", "prep", "midp", "postp"), ends, ends[1:], strict=False):
            self.spans.append(Span(step, op, began_at, ended_at, int(process), int(thread), batch))
        self.spans.append(
            Span("out", op, timing.finished_at, time.monotonic(), os.getpid(), threading.get_native_id(), batch)
        )

    def text(self) -> str:
        """Return what happened until now in the form that was asked for."""
        return orjson.dumps(self.chrome()).decode() if self.form == "chrome" else self.profile()

    def profile(self) -> str:
        """Return a line a process: `PROFILE`, its number, and each step's begin (0) and end (1) in microseconds."""
        lines: dict[int, str] = {}
        for span in self._whole():
            name = f"{span.step}#[{_CUT.sub('-', span.op)}|{span.thread}]"
            if span.op == ENTRY:
                name = f"{span.step}_{self.data_id}#{'DAG' if span.step == 'call' else ENTRY}"
            events = f"{name}_0:{self._us(span.began_at)} {name}_1:{self._us(span.ended_at)} "
            lines[span.process] = lines.get(span.process, f"PROFILE\tpid:{span.process}\t") + events
        return "".join(f"{line}\n" for line in lines.values())

    def chrome(self) -> dict[str, Any]:
        """Return a document of Chrome's trace format (Trace Event Format, JSON object): a row an op, a slice a step."""
        rows: dict[tuple[int, str], int] = {}
        slices = [
            {
                "name": span.step,
                "cat": span.op,
                "ph": "X",
                "pid": span.process,
                "tid": rows.setdefault((span.process, span.op), len(rows) + 1),
                "ts": self._us(span.began_at),
                "dur": round((span.ended_at - span.began_at) * 1e6, 1),
                "args": {"data_id": self.data_id, "thread": span.thread, "batch": list(span.batch)},
            }
            for span in self._whole()
        ]
        names = [
            {"name": "thread_name", "ph": "M", "pid": process, "tid": row, "args": {"name": op}}
            for (process, op), row in rows.items()
        ]
        return {"traceEvents": [*names, *slices], "displayTimeUnit": "ms"}

    def _whole(self) -> list[Span]:
        call = Span("call", ENTRY, self._began_at, time.monotonic(), os.getpid(), threading.get_native_id())
        return sorted([call, *self.spans], key=lambda span: span.began_at)

    def _us(self, at: float) -> int:
        return round((at + self._since_1970_s) * 1e6)


def asked_for(values: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """Return a request's values without the wish for a trace, and the form that is wished for, "" for none."""
    form = values.get(KEY) if isinstance(values, Mapping) else None
    if not isinstance(form, str) or form not in ("1", "chrome"):
        return values, ""
    return {name: value for name, value in values.items() if name != KEY}, form
