from typing import Any

import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.spec import Port, Spec
from serving_kit.tasks import load
from serving_kit.tasks.sound import snr_db
from serving_kit.tasks.speech_denoising import signal, spectrum

WINDOW = 8


def make(**fields: Any) -> Any:
    power, factors = (
        Port(name=alias, alias=alias, dtype="float32", shape=(-1, -1, 5)) for alias in ("power", "factors")
    )
    spec = {"name": "m", "task": "speech-denoising", "inputs": (power,), "outputs": (factors,)}
    return load(Spec.model_validate({**spec, "preprocess": {"window": WINDOW}, **fields}))


def sound(length: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(length).uniform(-1, 1, length).astype(np.float32)


@pytest.mark.parametrize("length", [1, 3, 4, 5, 8, 103])
def test_what_was_taken_apart_comes_together(length: int) -> None:
    spectra = spectrum(sound(length), WINDOW)
    assert spectra.shape == (-(-length // 4) + 1, 5)
    np.testing.assert_allclose(signal(spectra, length), sound(length), atol=1e-6)


def test_a_tone_stands_at_its_frequency() -> None:
    tone = np.cos(2 * np.pi * np.arange(64) / 4).astype(np.float32)  # bin 2 of a window of 8
    assert set(np.abs(spectrum(tone, WINDOW))[2:-2].argmax(axis=1)) == {2}


def test_the_model_is_fed_logarithms_of_power() -> None:
    feeds = make().preprocess(np.concatenate([np.zeros(16, "float32"), sound(16)])).feeds
    assert (feeds["power"].dtype, feeds["power"].shape) == (np.float32, (1, 9, 5))
    assert set(feeds["power"][0, 0]) == {-12.0}
    louder = make().preprocess(np.concatenate([np.zeros(16, "float32"), sound(16) * 10])).feeds
    np.testing.assert_allclose(louder["power"][0, 6], feeds["power"][0, 6] + 2, rtol=1e-5)


def test_factors_weigh_the_sound() -> None:
    task = make(postprocess={"least_db": -20})
    prepared = task.preprocess(sound(16))
    halved = task.postprocess({"factors": np.full((1, 5, 5), 0.5, "float32")}, prepared)
    np.testing.assert_allclose(halved.samples, sound(16) / 2, atol=1e-6)
    np.testing.assert_allclose(halved.removed, sound(16) / 2, atol=1e-6)
    assert repr(halved) == "Denoised(16 samples, 6.0 dB quieter)"
    least = task.postprocess({"factors": np.zeros((1, 5, 5), "float32")}, prepared)
    np.testing.assert_allclose(least.samples, sound(16) / 10, atol=1e-6)
    most = task.postprocess({"factors": np.full((1, 5, 5), 3, "float32")}, prepared)
    np.testing.assert_allclose(most.samples, sound(16), atol=1e-6)


def test_only_what_is_silenced_goes() -> None:
    task = make()
    low, high = np.ones(64, "float32"), np.cos(np.pi * np.arange(64)).astype("float32")
    prepared = task.preprocess(low + high)
    factors = np.zeros((1, 17, 5), "float32")
    factors[..., :2] = 1
    kept = task.postprocess({"factors": factors}, prepared).samples
    np.testing.assert_allclose(kept[8:-8], low[8:-8], atol=0.15)


def test_factors_of_another_sound_are_refused() -> None:
    task = make()
    with pytest.raises(BadInput, match=r"the answer is \[4, 5\], the sound has \[5, 5\] frames and frequencies"):
        task.postprocess({"factors": np.ones((1, 4, 5), "float32")}, task.preprocess(sound(16)))


def test_snr() -> None:
    clean = np.array([1, -1, 1, -1], "float32")
    assert snr_db(clean, clean) == float("inf")
    assert snr_db(clean * np.float32(0.5), clean) == pytest.approx(6.02, abs=0.01)
    assert snr_db(clean + 1, clean) == pytest.approx(0)


@pytest.mark.parametrize("sample", [[0.0], np.zeros((2, 2), "float32"), np.zeros(4), np.zeros(0, "float32")])
def test_a_sample_is_a_sound(sample: object) -> None:
    with pytest.raises(BadInput, match="give a sound as float32"):
        make().preprocess(sample)
