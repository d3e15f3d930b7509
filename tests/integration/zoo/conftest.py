import pytest


@pytest.fixture(scope="module", autouse=True)
def cache_dir(users_cache: None) -> None:
    """The zoo's models are fetched and converted once, for whoever asks."""
