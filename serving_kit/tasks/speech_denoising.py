"""Speech denoising: a sound with what is no speech made quieter, by a model that weighs frequencies in time (NSNet2).

The model sees how loud each frequency is in each frame and gives a factor from 0 to 1 for it. The factors are laid on
the sound's own spectrum, whose phases stay those of the noisy sound, and the frames are added up again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.sound import Samples, as_samples
from serving_kit.tasks.task import Numbers, Parameters, Prepared, Source, task
from serving_kit.types import Array

_QUIETEST = 1e-12  # the power that a silent frequency is taken to have, so that it has a logarithm


class Before(Parameters):
    """How a sound becomes frames; each overlaps the next by half."""

    rate_hz: int = Field(16000, gt=0, description="samples a second that the model was trained with")
    window: int = Field(320, gt=0, multiple_of=2, description="samples a frame")


class After(Parameters):
    """What the factors may do."""

    least_db: float = Field(-80, le=0, description="no frequency is made quieter than by this")


@dataclass(frozen=True, slots=True)
class Denoised:
    """The quieter sound, float32 [N], and the sample that it was made of."""

    samples: Samples
    noisy: Samples

    @property
    def removed(self) -> Samples:
        """What was taken out."""
        return self.noisy - self.samples

    def __repr__(self) -> str:
        quieter_db = 10 * np.log10(np.mean(self.noisy**2) / np.mean(self.samples**2))
        return f"Denoised({len(self.samples)} samples, {quieter_db:.1f} dB quieter)"


@dataclass(frozen=True, slots=True)
class _Heard:
    spectrum: NDArray[np.complex128]
    samples: Samples


@task("speech-denoising", Before, After)
class SpeechDenoising:
    """One sample is a sound, float32 [N] in -1..1 at `rate_hz`; the answer is Denoised."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Return the logarithm of each frequency's power in each frame, float32 [1, frames, window / 2 + 1]."""
        samples = as_samples(sample)
        heard = spectrum(samples, self.before.window)
        power = np.log10(np.maximum(np.abs(heard) ** 2, _QUIETEST))
        return Prepared({self.source.feed: power[None].astype(np.float32)}, context=_Heard(heard, samples))

    def factors(self, outputs: Mapping[str, Array], prepared: Prepared) -> Numbers:
        """Return what each frequency of each frame is multiplied by, [frames, window / 2 + 1]."""
        rows = self.source.output(outputs, rank=3)[0]
        wanted = prepared.context.spectrum.shape
        if rows.shape != wanted:
            raise BadInput(f"the answer is {list(rows.shape)}, the sound has {list(wanted)} frames and frequencies")
        return np.asarray(np.clip(rows, 10 ** (self.after.least_db / 20), 1))

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> Denoised:
        """Return the sound with its frequencies weighed."""
        heard = prepared.context
        return Denoised(signal(heard.spectrum * self.factors(outputs, prepared), len(heard.samples)), heard.samples)


def spectrum(samples: Samples, window: int) -> NDArray[np.complex128]:
    """Return the spectra of frames that overlap by half, [frames, window / 2 + 1]; silence stands around the sound."""
    hop = window // 2
    frames = -(-len(samples) // hop) + 1
    whole = np.zeros((frames + 1) * hop)
    whole[hop : hop + len(samples)] = samples
    return np.asarray(np.fft.rfft(np.lib.stride_tricks.sliding_window_view(whole, window)[::hop] * _taper(window)))


def signal(spectra: NDArray[np.complex128], length: int) -> Samples:
    """Return the first `length` samples of what `spectrum` took apart."""
    framed = np.fft.irfft(spectra)
    window = framed.shape[1]
    first, second = np.split(framed * _taper(window), 2, axis=1)
    return np.asarray((first[1:] + second[:-1]).ravel()[:length], dtype=np.float32)


def _taper(window: int) -> NDArray[np.float64]:
    """Return the root of Hann's window: applied on both ways, those of two frames add up to one."""
    return np.asarray(np.sin(np.pi * np.arange(window) / window))
