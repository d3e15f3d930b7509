from collections.abc import Iterator
from pathlib import Path

import pytest

from serving_kit.settings import settings
from tests.linear import write_linear


@pytest.fixture(scope="session")
def session_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give servers and scripts a cache of their own, where verdicts on their models are kept for the session."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SERVING_KIT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture(scope="session")
def adder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model directory: `total`, of shape [-1, 1], is the sum of the three numbers of `x`, plus one."""
    return write_linear(tmp_path_factory.mktemp("models") / "adder", 3, feed="x", fetch="total", bias=1.0)
