"""Each peer's pins: what `NAME.in` wants, as `uv pip compile --no-emit-index-url` chose it into `NAME.lock`."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.peers.environment import LOCKS

NAMES = sorted(path.stem for path in LOCKS.glob("*.in"))


def _requirements(path: Path) -> list[Requirement]:
    lines = [line.partition("#")[0].strip() for line in path.read_text().splitlines()]
    return [Requirement(line) for line in lines if line]


def test_every_wish_has_its_lock() -> None:
    assert sorted(path.stem for path in LOCKS.glob("*.lock")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_holds_pins_and_no_addresses(name: str) -> None:
    for line in (LOCKS / f"{name}.lock").read_text().splitlines():
        assert re.fullmatch(r"[a-z0-9-]+==[\w.+!-]+", line), line


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_satisfies_its_wish(name: str) -> None:
    pins = {canonicalize_name(pin.name): pin for pin in _requirements(LOCKS / f"{name}.lock")}
    for wanted in _requirements(LOCKS / f"{name}.in"):
        pinned = str(pins[canonicalize_name(wanted.name)].specifier).removeprefix("==")
        assert wanted.specifier.contains(pinned), wanted
