from typing import Any

import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.spec import Port, Spec
from serving_kit.tasks import load
from serving_kit.tasks.speaker_embedding import Before, part_starts

SHORT = {"window": 40, "hop": 10, "bands": 4, "part": 8, "step": 4, "rate_hz": 1000}  # a part is 80 samples, a step 40


def make(**preprocess: float) -> Any:
    mels = Port(name="mels", alias="mels", dtype="float32", shape=(-1, 8, 4))
    embedding = Port(name="embedding", alias="embedding", dtype="float32", shape=(-1, 2))
    values = {**SHORT, **preprocess}
    return load(Spec(name="m", task="speaker-embedding", inputs=(mels,), outputs=(embedding,), preprocess=values))


def sound(length: int, height: float = 0.5) -> np.ndarray[Any, Any]:
    return (height * np.sin(np.arange(length) * 0.9)).astype(np.float32)


@pytest.mark.parametrize(
    ("samples", "starts"),
    [
        (1, [0]),
        (31_519, [0]),
        (31_520, [0, 77]),  # three quarters of a second part
        (43_839, [0, 77]),
        (43_840, [0, 77, 154]),
        (113_600, [0, 77, 154, 231, 308, 385, 462, 539]),
    ],
)
def test_parts_begin_where_resemblyzers_do(samples: int, starts: list[int]) -> None:
    """As its compute_partial_slices gives them."""
    assert part_starts(samples, Before()) == starts


def test_every_sound_has_its_parts() -> None:
    prepared = make().preprocess([sound(80), sound(200), sound(5)])
    assert prepared.feeds["mels"].dtype == np.float32
    assert prepared.feeds["mels"].shape == (sum(prepared.context), 8, 4)
    assert prepared.context == [1, 4, 1]


def test_a_part_is_the_sound_from_its_start_on() -> None:
    whole = make().preprocess(sound(400)).feeds["mels"]
    later = make().preprocess(sound(400)[40:]).feeds["mels"]
    np.testing.assert_allclose(whole[1, 2:], later[0, 2:], rtol=1e-4)  # frames before hear what was cut off


def test_quiet_sounds_are_raised_and_loud_ones_kept() -> None:
    loud, twice, quiet, fainter = (
        make().preprocess(sound(80, height)).feeds["mels"] for height in (0.25, 0.5, 0.001, 1e-5)
    )
    np.testing.assert_allclose(twice, loud * 4, rtol=1e-4)
    np.testing.assert_allclose(quiet, fainter, rtol=1e-4)
    rms = np.sqrt(np.mean(sound(80, 1.0).astype(float) ** 2))
    np.testing.assert_allclose(loud / quiet, (0.25 * rms / 10**-1.5) ** 2, rtol=1e-4)


def test_an_embedding_is_the_mean_of_its_parts() -> None:
    task = make()
    prepared = task.preprocess([sound(80), sound(160)])
    assert prepared.context == [1, 3]
    rows = np.array([[3, 4], [1, 0], [0, 1], [2, 2]], dtype=np.float32)
    first, second = task.postprocess({"embedding": rows}, prepared)
    assert first.values == pytest.approx((0.6, 0.8))
    assert second.values == pytest.approx((0.5**0.5, 0.5**0.5))
    with pytest.raises(BadInput, match="the answer has 3 rows for 4 parts; pass on what was prepared"):
        task.postprocess({"embedding": rows[:3]}, prepared)


def test_silence_has_no_voice() -> None:
    with pytest.raises(BadInput, match=r"a mean loudness of 0\.0; give one in which somebody speaks"):
        make().preprocess(np.zeros(80, "float32"))
    with pytest.raises(BadInput, match="a mean loudness of nan"):
        make().preprocess(np.full(80, np.nan, "float32"))


@pytest.mark.parametrize("sample", [[], [0.0], "sound", np.zeros((2, 2), "float32"), [sound(8), np.zeros(4)]])
def test_a_sample_is_a_sound_or_several(sample: object) -> None:
    with pytest.raises(BadInput, match="give a sound as float32"):
        make().preprocess(sample)
