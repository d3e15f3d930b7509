from pathlib import Path

import pytest

from serving_kit.settings import settings


@pytest.fixture(autouse=True)
def quick_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Own settings for each test: its own cache, and no long waits."""
    monkeypatch.setenv("SERVING_KIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("SERVING_KIT_READ_TIMEOUT_S", "0.3")
    monkeypatch.setenv("SERVING_KIT_DOWNLOAD_ATTEMPTS", "3")
    monkeypatch.setattr("serving_kit.fetch.http._BACKOFF", lambda _: 0.0)
    settings.cache_clear()
    yield
    settings.cache_clear()
