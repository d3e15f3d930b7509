from pathlib import Path

import numpy as np
import pytest

from serving_kit.codecs import video
from serving_kit.errors import BadInput

FRAMES = np.random.default_rng(0).integers(0, 256, (5, 18, 32, 3), dtype=np.uint8)


def test_what_is_written_is_read_to_the_bit(tmp_path: Path) -> None:
    video.write(tmp_path / "film.avi", FRAMES, 25)
    np.testing.assert_array_equal(video.read(tmp_path / "film.avi"), FRAMES)


def test_frames_are_made_small_as_they_are_read(tmp_path: Path) -> None:
    video.write(tmp_path / "film.avi", FRAMES, 25)
    small = video.read(tmp_path / "film.avi", size=(16, 9), most_bytes=5 * 9 * 16 * 3)
    assert small.shape == (5, 9, 16, 3)
    np.testing.assert_allclose(small[0, 0, 0], FRAMES[0, :2, :2].mean((0, 1)), atol=1)


def test_a_film_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    video.write(tmp_path / "film.avi", FRAMES, 25)
    with pytest.raises(BadInput, match="more than 5184 bytes of frames; give a size, or cut the film up"):
        video.read(tmp_path / "film.avi", most_bytes=3 * 18 * 32 * 3)


def test_what_is_no_film_is_refused(tmp_path: Path) -> None:
    (tmp_path / "film.avi").write_text("no film")
    for name in ("film.avi", "absent.avi"):
        with pytest.raises(BadInput, match="has no frame that can be read"):
            video.read(tmp_path / name)


def test_only_rgb_frames_are_written(tmp_path: Path) -> None:
    for frames in (FRAMES[0], FRAMES.astype(float), FRAMES[..., :1], FRAMES[:0]):
        with pytest.raises(BadInput, match="give RGB as uint8"):
            video.write(tmp_path / "film.avi", frames, 25)
    with pytest.raises(BadInput, match=r"cannot be written; give a name that ends in \.avi"):
        video.write(tmp_path / "absent" / "film.avi", FRAMES, 25)
