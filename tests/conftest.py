import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from serving_kit.settings import settings

# An example that takes long says how busy the machine is, and nothing of the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


_VARIABLE = "SERVING_KIT_CACHE_DIR"
_AT_THE_START = {_VARIABLE: os.environ[_VARIABLE]} if _VARIABLE in os.environ else {}


@pytest.fixture(scope="module")
def users_cache() -> Iterator[None]:
    """Give a module the cache that this session was started with: fixtures of other folders replace it to their end."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(_VARIABLE, raising=False)
        for name, value in _AT_THE_START.items():
            environment.setenv(name, value)
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a test a cache of its own, so that nothing is remembered from elsewhere."""
    monkeypatch.setenv(_VARIABLE, str(tmp_path / "cache"))
    settings.cache_clear()
    yield tmp_path / "cache"
    settings.cache_clear()
