"""The real registries, with the smallest packages there are."""

from pathlib import Path

import pytest

from serving_kit.checksum import file_sha256
from serving_kit.fetch.cache import Cache
from serving_kit.fetch.registry import Client, Package, fetch

pytestmark = pytest.mark.integration

SIX_WHEEL = "4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274"
SIX_SDIST = "ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81"
IS_ODD = "13c23b3f1f3a5c146b8906e23c8e674f8e4a6ff44b77720e1d4bddb7b2caf312"


@pytest.mark.parametrize(
    ("client", "name", "version", "sha256"),
    [
        (Client.WHEEL, "six", "1.17.0", SIX_WHEEL),
        (Client.SDIST, "six", "1.17.0", SIX_SDIST),
        (Client.NPM, "is-odd", "3.0.1", IS_ODD),
    ],
)
def test_an_archive_comes_from_its_registry(
    tmp_path: Path, client: Client, name: str, version: str, sha256: str
) -> None:
    assert file_sha256(fetch(Package(client, name, version), sha256, Cache(tmp_path))) == sha256


def test_npm_runs_on_a_machine_without_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert fetch(Package(Client.NPM, "is-odd", "3.0.1"), IS_ODD, Cache(tmp_path)).stat().st_size < 10_000
