"""Speaker embedding: a voice as a direction; sounds of one person should point in nearly the same one.

A sound is cut into overlapping parts of one length, each of which the model embeds; the answer is the mean of its
parts. A quiet sound is raised to a common loudness first, as Resemblyzer does; unlike there, silences are not cut out.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.face_embedding import Embedding, unit
from serving_kit.tasks.mel import mel_spectrogram
from serving_kit.tasks.sound import Samples, as_samples
from serving_kit.tasks.task import Numbers, Parameters, Prepared, Source, task
from serving_kit.types import Array


class Before(Parameters):
    """How a sound becomes parts; the last is filled with silence, or left out where too little of it is left."""

    rate_hz: int = Field(16000, gt=0, description="samples a second that the model was trained with")
    window: int = Field(400, gt=0, description="samples that a frame of the mel spectrogram looks at")
    hop: int = Field(160, gt=0, description="samples from one frame to the next")
    bands: int = Field(40, gt=0, description="mel bands a frame")
    part: int = Field(160, gt=0, description="frames of a part")
    step: int = Field(77, gt=0, description="frames from the start of one part to that of the next")
    least: float = Field(0.75, gt=0, le=1, description="share of a last part that must be sound")
    loudness_db: float = Field(-30, le=0, description="quieter sounds are raised to this; 0 is full scale")


class After(Parameters):
    """The first output is the embeddings of parts; their mean is scaled to length 1."""


@task("speaker-embedding", Before, After)
class SpeakerEmbedding:
    """One sample is a sound, float32 [N] in -1..1 at `rate_hz`, or a list of them; the answer is one Embedding each."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Return all parts of all sounds, float32 [parts, part, bands]; the context is how many each sound has."""
        sounds = list(sample) if isinstance(sample, Sequence) and len(sample) else [sample]
        parts = [self._parts(as_samples(sound)) for sound in sounds]
        return Prepared({self.source.feed: np.concatenate(parts)}, context=[len(each) for each in parts])

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[Embedding]:
        """Return one embedding a sound."""
        rows = self.source.output(outputs, rank=2)
        counts = prepared.context
        if len(rows) != sum(counts):
            raise BadInput(f"the answer has {len(rows)} rows for {sum(counts)} parts; pass on what was prepared")
        return [unit(part.mean(axis=0)) for part in np.split(rows, np.cumsum(counts)[:-1])]

    def _parts(self, samples: Samples) -> Numbers:
        before = self.before
        starts = part_starts(len(samples), before)
        length = max(len(samples), (starts[-1] + before.part) * before.hop)
        raised = np.pad(_raised(samples, before.loudness_db), (0, length - len(samples)))
        frames = mel_spectrogram(raised, before.rate_hz, before.window, before.hop, before.bands)
        return np.stack([frames[start : start + before.part] for start in starts])


def part_starts(samples: int, before: Before) -> list[int]:
    """Return the frames at which the parts of a sound begin, at least one; times `hop` / `rate_hz` they are seconds."""
    starts = list(range(0, max(1, samples // before.hop + 1 - before.part + before.step + 1), before.step))
    heard = samples / before.hop - starts[-1]
    return starts[:-1] if len(starts) > 1 and heard < before.least * before.part else starts


def _raised(samples: Samples, loudness_db: float) -> Samples:
    rms = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
    if rms == 0 or not np.isfinite(rms):
        raise BadInput(f"the sound has a mean loudness of {rms}; give one in which somebody speaks")
    return samples * np.float32(max(1.0, 10 ** (loudness_db / 20) / rms))
