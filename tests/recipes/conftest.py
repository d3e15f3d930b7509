import pytest


@pytest.fixture(scope="module", autouse=True)
def cache_dir(users_cache: None) -> None:
    """Recipes serve models of the zoo, which are fetched and converted once."""
