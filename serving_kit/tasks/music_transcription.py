"""Music transcription: which notes sound when, from a model that scores every key of a piano in time (Basic Pitch).

The model takes windows of samples and gives, for each frame of each, how likely every key begins there (`onset`) and
sounds there (`note`). What it says of a window's ends is less sure, so the windows overlap by a margin on both sides,
which is left out of its answers; what is kept of one window joins on to the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Answer
from serving_kit.tasks.sound import as_samples
from serving_kit.tasks.task import Numbers, Parameters, Prepared, Source, task
from serving_kit.types import Array

LOWEST = 21  # the MIDI number of a piano's lowest key, which is the model's first
_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


class Before(Parameters):
    """How a sound is cut up; before its start and behind its end is silence."""

    rate_hz: int = Field(22050, gt=0, description="samples a second that the model was trained with")
    window: int = Field(43844, gt=0, description="samples a window")
    frame: int = Field(256, gt=0, description="samples from one of its answers to the next")
    margin: int = Field(15, ge=0, description="frames at both ends of a window whose answers are left out")

    @property
    def kept(self) -> int:
        """How many frames of a window are kept."""
        return self.window // self.frame - 2 * self.margin


class After(Parameters):
    """When likely becomes a note; the heights and the shortest note are Basic Pitch's own."""

    begins: float = Field(0.5, ge=0, le=1, description="a note begins where this is reached and nothing near is higher")
    sounds: float = Field(0.3, ge=0, le=1, description="and sounds as long as this is reached")
    bridged: int = Field(11, ge=0, description="so many frames may be lower in between")
    shortest: int = Field(11, gt=0, description="notes of fewer frames are dropped")


@dataclass(frozen=True, slots=True, repr=False)
class Note(Answer):
    """A note in seconds from the start of the sound; `pitch` is its MIDI number, `score` the mean of its frames."""

    pitch: int
    start_s: float
    end_s: float
    score: float

    @property
    def name(self) -> str:
        """The note's name and octave; middle C, MIDI 60, is C4."""
        return f"{_NAMES[self.pitch % 12]}{self.pitch // 12 - 1}"

    def __repr__(self) -> str:
        return f"Note({self.name}, {self.start_s:.2f} to {self.end_s:.2f} s, score={self.score:.3f})"


@task("music-transcription", Before, After)
class MusicTranscription:
    """One sample is a sound, float32 [N] in -1..1 at `rate_hz`; the answer is a list of Note."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source
        if before.kept < 1:
            raise BadInput(f"a window of {before.window} samples is all margin; make preprocess.margin smaller")

    def preprocess(self, sample: object) -> Prepared:
        """Return overlapping windows, float32 [windows, window, 1]; the context is how many frames the sound has."""
        samples, before = as_samples(sample), self.before
        frames = len(samples) // before.frame + 1
        step = before.kept * before.frame
        windows = -(-frames // before.kept)
        whole = np.zeros((windows - 1) * step + before.window, dtype=np.float32)
        start = before.margin * before.frame
        whole[start : start + len(samples)] = samples
        views = np.lib.stride_tricks.sliding_window_view(whole, before.window)
        return Prepared({self.source.feed: views[::step, :, None].copy()}, context=frames)

    def joined(self, outputs: Mapping[str, Array], alias: str, prepared: Prepared) -> Numbers:
        """Return one output for the whole sound, [frames, keys]; frame n stands at n * `frame` / `rate_hz` seconds."""
        if alias not in outputs:
            raise BadInput(f"the answer lacks output {alias!r}; it holds {sorted(outputs)}")
        windows, margin = outputs[alias], self.before.margin
        if windows.ndim != 3 or windows.shape[1] < margin + self.before.kept:
            raise BadInput(f"output {alias!r} has shape {list(windows.shape)}; this task reads [windows, frames, keys]")
        kept = windows[:, margin : margin + self.before.kept]
        return np.asarray(kept.reshape(-1, kept.shape[2])[: prepared.context])

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[Note]:
        """Return the notes in the order they begin, the lowest first of those that begin at once."""
        onset, note = (self.joined(outputs, alias, prepared) for alias in ("onset", "note"))
        return notes(onset, note, self.before.frame / self.before.rate_hz, self.after)


def notes(onset: Numbers, note: Numbers, frame_s: float, after: After) -> list[Note]:
    """Turn what begins and what sounds, both [frames, keys], into notes; a key struck again ends its note before."""
    beyond = np.pad(onset, ((1, 1), (0, 0)), constant_values=-1)
    struck = (onset >= after.begins) & (onset > beyond[:-2]) & (onset >= beyond[2:])
    found = []
    for key in range(onset.shape[1]):
        starts = [int(frame) for frame in np.flatnonzero(struck[:, key])]
        for start, limit in zip(starts, [*starts[1:], len(note)], strict=False):
            end = start + _length(note[start:limit, key], after)
            if end - start >= after.shortest:
                score = float(np.mean(note[start:end, key]))
                found.append(Note(LOWEST + key, start * frame_s, end * frame_s, score))
    return sorted(found, key=lambda each: (each.start_s, each.pitch))


def _length(sounding: Numbers, after: After) -> int:
    """Return after how many frames a note ends that begins at the first."""
    high = np.flatnonzero(sounding >= after.sounds)
    places = np.concatenate([[-1], high])
    parted = np.flatnonzero(np.diff(places) > after.bridged + 1)
    return int(places[parted[0]] if len(parted) else places[-1]) + 1
