import wave
from pathlib import Path

import numpy as np
import pytest

from serving_kit.codecs import sound
from serving_kit.errors import BadInput


def written(path: Path, frames: bytes, *, channels: int = 1, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(8000)
        file.writeframes(frames)
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    samples = np.array([0.0, 0.5, -1.0, 0.25], "float32")
    read, rate_hz = sound.read(sound.write(tmp_path / "a.wav", samples, 16_000))
    np.testing.assert_array_equal(read, samples)
    assert (read.dtype, rate_hz) == (np.float32, 16_000)


def test_what_is_too_loud_is_cut_off(tmp_path: Path) -> None:
    read, _ = sound.read(sound.write(tmp_path / "a.wav", np.array([2.0, -2.0], "float32"), 8000))
    np.testing.assert_allclose(read, [1.0, -1.0], atol=1e-4)


def test_channels_are_averaged(tmp_path: Path) -> None:
    both = np.array([[16384, 0], [-16384, -16384]], "<i2").tobytes()
    read, _ = sound.read(written(tmp_path / "a.wav", both, channels=2))
    np.testing.assert_array_equal(read, np.array([0.25, -0.5], "float32"))


def test_other_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "song.wav").write_bytes(b"ID3 no wave")
    with pytest.raises(BadInput, match=r"song\.wav is no WAV file of PCM"):
        sound.read(tmp_path / "song.wav")
    with pytest.raises(BadInput, match=r"b\.wav has samples of 8 bits; convert it to 16-bit PCM"):
        sound.read(written(tmp_path / "b.wav", b"\x80" * 4, width=1))
