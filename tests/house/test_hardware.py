"""The table of devices names every flag that chooses one, and tests that there are."""

import re
from typing import NamedTuple

import pytest

from notebooks.house import shelf
from serving_kit.serve.flags import FLAGS

HARDWARE = shelf.ROOT / "serving_kit" / "runtime" / "HARDWARE.md"
STATES = ("run here", "configured, not run", "refused")


class Line(NamedTuple):
    device: str
    build: str
    flags: str
    state: str
    test: str


def lines() -> list[Line]:
    devices = HARDWARE.read_text(encoding="utf-8").partition("\n## ")[0]
    rows = [row for row in devices.splitlines() if row.startswith("| ")]
    return [Line(*(cell.strip() for cell in row.strip("|").split("|"))) for row in rows[1:]]


@pytest.mark.parametrize("line", lines(), ids=lambda line: line.device)
def test_a_line_says_what_it_rests_on(line: Line) -> None:
    assert line.state in STATES
    path, _, name = line.test.strip("`").partition("::")
    assert f"def {name}(" in (shelf.ROOT / path).read_text(encoding="utf-8")


def test_the_table_and_the_flags_know_the_same_devices() -> None:
    text = " ".join(line.flags for line in lines())
    named = set(re.findall(r"--\w+", text))
    choosing = {flag.name for flag in FLAGS if flag.group.startswith(("other devices", "engine on the CPU"))}
    assert named <= {flag.name for flag in FLAGS}
    # how a model is laid out or measured on the device that is chosen already
    assert choosing - named == {"--ir_optim", "--mem_optim_off", "--tune_budget_s"}


def test_a_flag_that_the_table_refuses_is_refused() -> None:
    refused = {flag for line in lines() if line.state == "refused" for flag in re.findall(r"--\w+", line.flags)}
    assert refused == {"--use_lite", "--gpu_multi_stream"}
