"""A sound as energies in bands of pitch, frame by frame: the mel spectrogram that speech models listen to.

It is librosa's with its default settings (Slaney's scale, each band of area 1; power; frames centred in the sound).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from serving_kit.tasks.sound import Samples

_LINEAR_BELOW = 15.0  # the scale is linear up to 1,000 Hz, which is 15 mel, and logarithmic above
_HZ_A_MEL = 200 / 3
_GROWTH = np.log(6.4) / 27  # 27 mel lead from 1,000 to 6,400 Hz


def mel_spectrogram(samples: Samples, rate_hz: int, window: int, hop: int, bands: int) -> NDArray[np.float32]:
    """Return the energies, [1 + N // hop, bands], of N samples; before and behind the sound is silence."""
    padded = np.pad(samples.astype(np.float64), window // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    power = np.abs(np.fft.rfft(frames * hann)) ** 2
    return np.asarray(power @ filters(rate_hz, window, bands).T, dtype=np.float32)


@lru_cache(maxsize=8)
def filters(rate_hz: int, window: int, bands: int) -> NDArray[np.float64]:
    """Return how much each frequency of a window adds to each band, [bands, window // 2 + 1]: overlapping triangles."""
    edges_hz = _to_hz(np.linspace(0, _to_mel(rate_hz / 2), bands + 2))
    low, middle, high = (edges_hz[start : start + bands, None] for start in range(3))
    bins_hz = np.fft.rfftfreq(window, 1 / rate_hz)
    rising, falling = (bins_hz - low) / (middle - low), (high - bins_hz) / (high - middle)
    return np.asarray(np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low))


def _to_mel(hz: float) -> float:
    linear = hz / _HZ_A_MEL
    return linear if linear < _LINEAR_BELOW else float(_LINEAR_BELOW + np.log(linear / _LINEAR_BELOW) / _GROWTH)


def _to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    beyond = np.maximum(mel - _LINEAR_BELOW, 0)
    return np.asarray(np.minimum(mel, _LINEAR_BELOW) * _HZ_A_MEL * np.exp(beyond * _GROWTH))
