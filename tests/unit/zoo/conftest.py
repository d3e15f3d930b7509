from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from serving_kit.settings import settings
from zoo import loader


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give each test a cache of its own."""
    monkeypatch.setenv("SERVING_KIT_CACHE_DIR", str(tmp_path / "cache"))
    settings.cache_clear()
    yield tmp_path / "cache"
    settings.cache_clear()


class Cards:
    """A folder of cards; `write` starts from uci-housing's and changes what is given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str = "tiny", **changes: object) -> Path:
        card = yaml.safe_load((loader.CARDS / "uci-housing.yaml").read_text(encoding="utf-8"))
        card |= {"name": name, **changes}
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump({key: value for key, value in card.items() if value is not None}))
        return path


@pytest.fixture
def cards(tmp_path: Path) -> Cards:
    (tmp_path / "cards").mkdir()
    return Cards(tmp_path / "cards")
