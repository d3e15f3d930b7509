from collections.abc import Iterator
from pathlib import Path

import pytest

from serving_kit.settings import settings
from tests.unit.tiny_models import fluid_linear, legacy_linear, pir_conv, pir_linear, with_prototxt


@pytest.fixture(autouse=True)
def cache_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give each test a cache of its own, so that no verdict is remembered from elsewhere."""
    monkeypatch.setenv("SERVING_KIT_CACHE_DIR", str(tmp_path / "cache"))
    settings.cache_clear()
    yield tmp_path / "cache"
    settings.cache_clear()


@pytest.fixture
def fluid(tmp_path: Path) -> Path:
    return with_prototxt(fluid_linear(tmp_path / "house"), {"y": "price"})


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    return with_prototxt(legacy_linear(tmp_path / "legacy"), {"y": "price"})


@pytest.fixture(scope="session")
def pir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_prototxt(pir_linear(tmp_path_factory.mktemp("pir")))


@pytest.fixture(scope="session")
def conv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_prototxt(pir_conv(tmp_path_factory.mktemp("conv")))
