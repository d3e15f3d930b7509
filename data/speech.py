"""Sounds put together by code: where the silences are is known to the sample."""

from pathlib import Path

import numpy as np

from serving_kit.codecs.sound import Samples, read

RATE_HZ = 16_000


def two_sentences(first: Path, second: Path) -> Samples:
    """Return silence of 1 s, a sentence, silence of 1.5 s, another sentence and silence of 1 s."""
    parts = [_silence(1), read(first)[0], _silence(1.5), read(second)[0], _silence(1)]
    return np.concatenate(parts)


def _silence(length_s: float) -> Samples:
    return np.zeros(round(length_s * RATE_HZ), dtype=np.float32)
