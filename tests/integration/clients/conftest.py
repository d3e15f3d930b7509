from collections.abc import Iterator
from pathlib import Path

import pytest

import serving_kit
from tests.linear import write_linear


@pytest.fixture(scope="session")
def adder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model directory: `total`, of shape [-1, 1], is the sum of the three numbers of `x`."""
    return write_linear(tmp_path_factory.mktemp("models") / "adder", 3, feed="x", fetch="total")


@pytest.fixture(scope="module")
def adder_server(adder: Path) -> Iterator[serving_kit.Server]:
    with serving_kit.start(adder) as server:
        yield server
