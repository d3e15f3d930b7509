from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def quick_settings(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Own settings for each test: its own cache, and no long waits."""
    monkeypatch.setenv("SERVING_KIT_READ_TIMEOUT_S", "0.3")
    monkeypatch.setenv("SERVING_KIT_DOWNLOAD_ATTEMPTS", "3")
    monkeypatch.setattr("serving_kit.fetch.http._BACKOFF", lambda _: 0.0)
