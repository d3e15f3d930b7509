"""Sounds as WAV files of 16-bit PCM, the form that speech models are fed from."""

import wave
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from serving_kit.errors import BadInput

Samples: TypeAlias = NDArray[np.float32]
_FULL_SCALE = 32768  # 16-bit PCM reaches from -32768 to 32767


def read(path: Path) -> tuple[Samples, int]:
    """Return a file's samples, float32 [N] in -1..1, and how many of them make a second; channels are averaged.

    BadInput where the file is no WAV file of 16-bit PCM.
    """
    try:
        with wave.open(str(path)) as file:
            width, channels, rate_hz = file.getsampwidth(), file.getnchannels(), file.getframerate()
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError, OSError) as error:
        raise BadInput(f"{path} is no WAV file of PCM ({error}); convert it to one") from None
    if width != 2:
        raise BadInput(f"{path} has samples of {8 * width} bits; convert it to 16-bit PCM")
    samples = np.frombuffer(data, dtype="<i2").reshape(-1, channels).mean(axis=1) / _FULL_SCALE
    return samples.astype(np.float32), rate_hz


def write(path: Path, samples: Samples, rate_hz: int) -> Path:
    """Write one channel of samples [N] as 16-bit PCM and return the path; what lies outside of -1..1 is cut off."""
    whole = np.clip(np.rint(samples * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(whole.tobytes())
    return path
