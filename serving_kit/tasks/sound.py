"""Sounds as tasks take them."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from serving_kit.errors import BadInput

Samples: TypeAlias = NDArray[np.float32]


def as_samples(sample: object) -> Samples:
    """Return the sample, a sound as float32 [N]; BadInput says what it is instead."""
    if not isinstance(sample, np.ndarray) or sample.dtype != np.float32 or sample.ndim != 1 or not sample.size:
        what = f"{sample.dtype} {list(sample.shape)}" if isinstance(sample, np.ndarray) else type(sample).__name__
        raise BadInput(f"the sample is {what}; give a sound as float32 [N] in -1..1")
    return sample


def snr_db(samples: Samples, clean: Samples) -> float:
    """Return how much louder the clean sound is than what else is in the samples, in dB; infinite where nothing is."""
    beside = float(np.sum((samples.astype(np.float64) - clean) ** 2))
    return float("inf") if beside == 0 else float(10 * np.log10(np.sum(clean.astype(np.float64) ** 2) / beside))
