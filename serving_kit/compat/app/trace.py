"""`python -m paddle_serving_app.trace`: PROFILE lines of a log as events for Chrome's trace viewer."""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from serving_kit.command import exit_status
from serving_kit.errors import BadInput

__all__ = ["events", "main"]


def events(lines: Iterable[str]) -> list[dict[str, str | int]]:
    """Return the events of the lines that begin with PROFILE; all others are left out.

    Such a line has three fields between tabs: PROFILE, `pid:NUMBER`, and `NAME_0:MICROSECONDS NAME_1:MICROSECONDS ...`,
    where 0 begins and 1 ends what NAME says. BadInput names a line that is cut off.
    """
    found: list[dict[str, str | int]] = []
    for number, line in enumerate(lines, start=1):
        fields = line.strip().split("\t")
        if fields[0] != "PROFILE":
            continue
        try:
            pid = fields[1].split(":")[1]
            found += [_event(pid, *stamp.split(":")) for stamp in fields[2].split()]
        except (IndexError, TypeError, ValueError):
            raise BadInput(
                f"line {number} is no whole PROFILE line: {line.strip()[:80]!r}; cut it off the log"
            ) from None
    return found


def _event(pid: str, stamp: str, time_us: str) -> dict[str, str | int]:
    name, _, edge = stamp.rpartition("_")
    return {"name": name, "tid": 0, "pid": int(pid), "ts": int(time_us), "ph": "B" if edge == "0" else "E"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the trace file and return the exit status, 2 with one sentence where the log cannot be read."""
    parser = argparse.ArgumentParser("paddle_serving_app.trace", description=__doc__)
    parser.add_argument("--profile_file", required=True, help="a log with PROFILE lines")
    parser.add_argument("--trace_file", default="trace", help="the file to write")
    options = parser.parse_args(arguments)
    return exit_status(lambda: _convert(Path(options.profile_file), Path(options.trace_file)))


def _convert(profile: Path, trace: Path) -> None:
    with profile.open(encoding="utf-8", errors="replace") as lines:
        found = events(lines)
    trace.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
