"""Each peer's pins: what `NAME.in` wants, as `uv pip compile --no-emit-index-url` chose it into `NAME.lock`."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks.peer.peer import LOCKS as SERVERS
from tests.peers.environment import LOCKS as CLIENTS

WISHES = sorted(path for folder in (CLIENTS, SERVERS) for path in folder.glob("*.in"))

each_wish = pytest.mark.parametrize("wish", WISHES, ids=lambda path: path.stem)


def _requirements(path: Path) -> list[Requirement]:
    lines = [line.partition("#")[0].strip() for line in path.read_text().splitlines()]
    return [Requirement(line) for line in lines if line]


def test_every_wish_has_its_lock_and_an_environment_of_its_own() -> None:
    locks = sorted(path for folder in (CLIENTS, SERVERS) for path in folder.glob("*.lock"))
    assert locks == [wish.with_suffix(".lock") for wish in WISHES]
    assert len({lock.stem for lock in locks}) == len(locks)


@each_wish
def test_a_lock_holds_pins_and_no_addresses(wish: Path) -> None:
    for line in wish.with_suffix(".lock").read_text().splitlines():
        assert re.fullmatch(r"[a-z0-9-]+==[\w.+!-]+", line), line


@each_wish
def test_a_lock_satisfies_its_wish(wish: Path) -> None:
    pins = {canonicalize_name(pin.name): pin for pin in _requirements(wish.with_suffix(".lock"))}
    for wanted in _requirements(wish):
        pinned = str(pins[canonicalize_name(wanted.name)].specifier).removeprefix("==")
        assert wanted.specifier.contains(pinned), wanted
