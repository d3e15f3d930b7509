from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from serving_kit.settings import settings

# An example that takes long says how busy the machine is, and nothing of the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a test a cache of its own, so that nothing is remembered from elsewhere."""
    monkeypatch.setenv("SERVING_KIT_CACHE_DIR", str(tmp_path / "cache"))
    settings.cache_clear()
    yield tmp_path / "cache"
    settings.cache_clear()
