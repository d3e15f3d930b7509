"""Music put together by code: which notes sound when is known to the sample.

A tone has partials that fade, the higher the sooner, as those of a plucked string do.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from serving_kit.codecs.sound import Samples

RATE_HZ = 22_050
BEAT_S = 0.4
REST_S = 0.5  # of silence before the first note and behind the last
LOUDEST = 0.5
PARTIALS = 10
_TUNE = ((60, 1), (62, 1), (64, 1), (60, 1)) * 2 + ((64, 1), (65, 1), (67, 2)) * 2  # MIDI numbers and beats
_BASS = ((48, 2), (43, 2)) * 4


class Tone(NamedTuple):
    """A note to be played; `pitch` is its MIDI number."""

    pitch: int
    start_s: float
    length_s: float


def tune_and_bass() -> Samples:
    """Return the first four bars of Frère Jacques over a bass of two notes."""
    return play([*_voice(_TUNE), *_voice(_BASS)])


def play(tones: Iterable[Tone], roll: float = 1.6, damping: float = 1.5) -> Samples:
    """Return tones as a sound that ends half a second behind the last.

    Partial n begins at n ** -roll of the first and fades to 1 / e of that in 1 / (damping * n ** 0.7) seconds.
    """
    tones = list(tones)
    end_s = max(tone.start_s + tone.length_s for tone in tones) + REST_S
    sound = np.zeros(round(end_s * RATE_HZ))
    for tone in tones:
        start, played = round(tone.start_s * RATE_HZ), _tone(tone, roll, damping)
        sound[start : start + len(played)] += played
    return (sound / np.abs(sound).max() * LOUDEST).astype(np.float32)


def _voice(notes: Iterable[tuple[int, int]]) -> list[Tone]:
    tones, beat = [], 0
    for pitch, beats in notes:
        tones.append(Tone(pitch, REST_S + beat * BEAT_S, beats * BEAT_S))
        beat += beats
    return tones


def _tone(tone: Tone, roll: float, damping: float) -> NDArray[np.float64]:
    seconds = np.arange(round(tone.length_s * RATE_HZ)) / RATE_HZ
    first_hz = 440 * 2 ** ((tone.pitch - 69) / 12)
    sound = np.zeros(len(seconds))
    for number in range(1, PARTIALS + 1):
        if first_hz * number < RATE_HZ / 2:
            fading = np.exp(-damping * number**0.7 * seconds) / number**roll
            sound += fading * np.sin(2 * np.pi * first_hz * number * seconds)
    return sound * np.minimum(seconds / 0.005, 1) * np.minimum((tone.length_s - seconds) / 0.03, 1)
