from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data import clip, shrunk
from zoo import data as samples


def photo(path: Path, colour: tuple[int, int, int]) -> Path:
    Image.new("RGB", (400, 300), colour).save(path)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    colours = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 200)]
    return [photo(tmp_path / f"{number}.png", colour) for number, colour in enumerate(colours)]


def test_the_rendered_clip_changes_where_it_says(photos: list[Path]) -> None:
    frames = clip.three_changes(*photos)
    assert frames.shape == (50, 108, 192, 3) and frames.dtype == np.uint8
    assert set(map(tuple, frames[:, 50, 90])) >= {(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 200)}
    differs = np.flatnonzero((np.diff(frames[:, 50, 90].astype(int), axis=0) != 0).any(axis=1))
    np.testing.assert_array_equal(differs, [13, 26, *range(35, 44)])


def test_a_camera_moves_over_a_photo(tmp_path: Path) -> None:
    ramp = np.zeros((300, 400, 3), np.uint8)
    ramp[:] = (np.arange(400) // 2)[None, :, None]
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    frames = clip.move(tmp_path / "ramp.png", (0.3, 0.3, 0.4), (0.6, 0.3, 0.4), 5)
    middles = frames[:, 54, 96, 0].astype(int)
    assert len(frames) == 5 and (np.diff(middles) > 10).all() and abs(middles[0] - 60) < 3


def test_a_clip_comes_as_its_frames(photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = samples.Rendered(
        kind="rendered", function="clip.three_changes", needs=dict.fromkeys(("first", "second", "third", "fourth"), "x")
    )
    needs = dict(zip(source.needs, photos, strict=True))
    samples._draw(source, "clip", needs, tmp_path)
    read = samples._READERS["clip"](tmp_path / "three_changes.avi", None)  # type: ignore[arg-type]
    np.testing.assert_array_equal(read, clip.three_changes(*photos))


def test_a_photo_is_halved(photos: list[Path]) -> None:
    halved = shrunk.halved(photos[0])
    assert halved.size == (200, 150) and halved.getpixel((5, 5)) == (200, 0, 0)
