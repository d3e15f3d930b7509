"""Speech in noise put together by code, so that it is known how it sounds without."""

from pathlib import Path

import numpy as np

from serving_kit.codecs.sound import Samples, read

SEED = 7
SPEECH_ABOVE_NOISE_DB = 5


def sentence_in_noise(clean: Path) -> Samples:
    """Return a sentence with noise as of rain laid over it, the whole of the speech 5 dB louder than the noise."""
    speech, _ = read(clean)
    return speech + rain(len(speech), speech, SPEECH_ABOVE_NOISE_DB)


def rain(length: int, speech: Samples, above_db: float, seed: int = SEED) -> Samples:
    """Return noise whose power falls as the frequency rises, so loud that speech is `above_db` louder than it."""
    hiss = np.fft.rfft(np.random.default_rng(seed).standard_normal(length))
    falling = np.fft.irfft(hiss / np.sqrt(np.maximum(np.arange(len(hiss)), 20)), length)
    loudness = np.sqrt(np.mean(speech.astype(np.float64) ** 2) / np.mean(falling**2)) * 10 ** (-above_db / 20)
    return np.asarray(falling * loudness, dtype=np.float32)
