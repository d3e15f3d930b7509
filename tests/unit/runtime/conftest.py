from pathlib import Path

import pytest

from tests.unit.tiny_models import fluid_linear, legacy_linear, pir_conv, pir_linear, with_prototxt


@pytest.fixture(autouse=True)
def cache_dir(own_cache: Path) -> Path:
    return own_cache


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
