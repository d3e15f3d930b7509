import pytest


@pytest.fixture(scope="session", autouse=True)
def cache_dir(session_cache: None) -> None:
    """Serve with a cache of this session."""
