from pathlib import Path

import pytest
import yaml

from zoo import loader


@pytest.fixture(autouse=True)
def cache_dir(own_cache: Path) -> Path:
    return own_cache


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
