"""One list of versions: pyproject.toml says what is needed, requirements.lock what is installed, nobody else."""

import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from notebooks.house.shelf import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CORE_EXTRAS = ("client", "server", "engines", "zoo", "notebooks", "test")
LOCKS = ("requirements.lock", "requirements-suites.lock")
# The suites look for the full build of OpenCV by its name; it takes the place of the one without libGL.
REPLACED = {"opencv-python-headless": "opencv-contrib-python"}


def _locked(name: str) -> dict[str, Version]:
    pins = [Requirement(line) for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): Version(str(pin.specifier).removeprefix("==")) for pin in pins}


def _wanted(*extras: str) -> list[Requirement]:
    """Return what the project needs with these extras, less the extras that an extra names."""
    optional = PROJECT["optional-dependencies"]
    listed = [Requirement(text) for text in sum((optional[extra] for extra in extras), PROJECT["dependencies"])]
    return [wanted for wanted in listed if wanted.name != PROJECT["name"]]


@pytest.mark.parametrize(("lock", "extras"), [(LOCKS[0], CORE_EXTRAS), (LOCKS[1], (*CORE_EXTRAS, "suites"))])
def test_the_lock_satisfies_pyproject(lock: str, extras: tuple[str, ...]) -> None:
    locked = _locked(lock)
    names = REPLACED if "suites" in extras else {}
    for wanted in _wanted(*extras):
        name = canonicalize_name(wanted.name)
        version = locked.get(names.get(name, name))
        assert version is not None, f"{wanted} is not in {lock}; run `make lock`"
        assert wanted.specifier.contains(version, prereleases=True), f"{lock} has {version}, {wanted} is wanted"


def test_the_suites_change_no_version_of_the_rest() -> None:
    rest, suites = map(_locked, LOCKS)
    assert {name: suites.get(REPLACED.get(name, name)) for name in rest} == rest
    assert not REPLACED.keys() & suites.keys()


def test_an_extra_that_another_needs_is_among_those_that_are_locked() -> None:
    named = [Requirement(text) for texts in PROJECT["optional-dependencies"].values() for text in texts]
    assert {extra for wanted in named if wanted.name == PROJECT["name"] for extra in wanted.extras} <= {*CORE_EXTRAS}


def test_no_extra_is_forgotten() -> None:
    assert set(PROJECT["optional-dependencies"]) == {*CORE_EXTRAS, "suites"}


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_holds_pins_and_no_addresses(lock: str) -> None:
    for line in (ROOT / lock).read_text().splitlines():
        assert re.fullmatch(r"[a-z0-9-]+==[\w.+!-]+( ; .+)?", line), f"{lock}: {line}"


def test_conda_users_get_the_same_versions() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, by_pip = environment["dependencies"]
    assert python == "python" + PROJECT["requires-python"].replace(" ", "")
    assert pip == "pip"
    assert by_pip == {"pip": ["-r requirements.lock", "-e ."]}
