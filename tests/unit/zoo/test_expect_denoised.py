"""What cards expect of sounds whose noise was taken out."""

import numpy as np
import pytest

from serving_kit.tasks.speech_denoising import Denoised
from zoo import data, expect

CLEAN = np.sin(np.arange(1000) * 0.3).astype(np.float32)
NOISE = np.cos(np.arange(1000) * 1.1).astype(np.float32)
WANTED = {"clean": "a-sentence", "snr_db": 15, "gain_db": 10}


@pytest.fixture(autouse=True)
def one_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "sample", {"a-sentence": CLEAN}.__getitem__)


def denoised(left: float, before: float) -> Denoised:
    return Denoised(CLEAN + np.float32(left) * NOISE, CLEAN + np.float32(before) * NOISE)


def test_a_sound_nearer_to_the_clean_one_is_right() -> None:
    evidence = expect.read("speech-denoising", WANTED).check(denoised(0.1, 0.5))
    assert evidence == "SNR 20.0 dB, +14.0 to the noisy sound (expected at least 15 and +10)"


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (denoised(0.5, 5), r"expected an SNR of 15\.0 dB or more, 10\.0 above the noisy; got SNR 6\.0 dB, \+20\.0"),
        (denoised(0.1, 0.2), r"got SNR 20\.0 dB, \+6\.0 to the noisy sound"),
        (Denoised(CLEAN[:9], CLEAN[:9]), "expected 1000 samples, got Denoised"),
    ],
)
def test_too_little_is_wrong(answer: Denoised, found: str) -> None:
    with pytest.raises(expect.BadAnswer, match=found):
        expect.read("speech-denoising", WANTED).check(answer)
