from typing import Any

import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.spec import Port, Spec
from serving_kit.tasks import load
from serving_kit.tasks.voice_activity import After, stretches

WINDOW_S = 0.1


def port(alias: str, *shape: int) -> Port:
    return Port(name=alias, alias=alias, dtype="float32", shape=shape)


@pytest.fixture
def task() -> Any:
    return load(
        Spec(
            name="vad",
            task="voice-activity",
            inputs=(port("windows", -1, 6), port("h", 1, 1, 2)),
            outputs=(port("speech", -1), port("h_next", 1, 1, 2)),
            preprocess={"rate_hz": 40, "window": 4, "context": 2},
        )
    )


def sound(length: int) -> np.ndarray[Any, Any]:
    return np.arange(1, length + 1, dtype=np.float32)


def listener(feeds: dict[str, Any]) -> dict[str, Any]:
    """Stand in for the model: the chance is the windows' sum, the memory counts windows."""
    windows = feeds["windows"]
    return {"speech": windows.sum(axis=1), "h_next": feeds["h"] + len(windows)}


def test_a_window_begins_with_the_end_of_the_one_before(task: Any) -> None:
    feeds = task.preprocess(sound(6)).feeds
    np.testing.assert_array_equal(feeds["windows"], [[0, 0, 1, 2, 3, 4], [3, 4, 5, 6, 0, 0]])
    np.testing.assert_array_equal(feeds["h"], np.zeros((1, 1, 2)))


def test_parts_with_their_memory_are_one_sound(task: Any) -> None:
    whole = listener(task.preprocess(sound(16)).feeds)
    memory, heard = None, []
    for part in (sound(16)[:4], sound(16)[4:12], sound(16)[12:]):
        prepared = task.preprocess(part, memory)
        outputs = listener(prepared.feeds)
        memory = task.remember(outputs, prepared)
        heard.append(task.probabilities(outputs))
    np.testing.assert_array_equal(np.concatenate(heard), whole["speech"])
    np.testing.assert_array_equal(outputs["h_next"], whole["h_next"])


def test_a_memory_needs_all_outputs(task: Any) -> None:
    prepared = task.preprocess(sound(4))
    with pytest.raises(BadInput, match=r"lacks \['h_next'\]; ask for all outputs"):
        task.remember({"speech": np.zeros(1)}, prepared)


def test_the_answer_is_in_seconds(task: Any) -> None:
    prepared = task.preprocess(sound(20))
    (speech,) = task.postprocess({"speech": np.array([0, 0.8, 1.0, 0.9, 0])}, prepared)
    assert (speech.start_s, speech.end_s, round(speech.score, 3)) == (0.1, pytest.approx(0.4), 0.9)
    assert repr(speech) == "Speech(0.10 to 0.40 s, score=0.900)"


@pytest.mark.parametrize(
    ("probabilities", "found"),
    [
        ([0.0, 0.4, 0.4], []),  # never entered
        ([0.6, 0.4, 0.4, 0.3], [(0, 3)]),  # left only below the lower height
        ([0.6] * 3 + [0.0] * 1 + [0.6] * 3, [(0, 7)]),  # too short a silence
        ([0.6] * 3 + [0.0] * 3 + [0.6] * 3, [(0, 3), (6, 9)]),
        ([0.0, 0.9, 0.9, 0.0, 0.0, 0.0, 0.9, 0.9, 0.9], [(6, 9)]),  # too short a stretch
        ([], []),
    ],
)
def test_stretches(probabilities: list[float], found: list[tuple[int, int]]) -> None:
    after = After(least_silence_s=0.15, least_speech_s=0.25)
    got = stretches(np.array(probabilities), WINDOW_S, after)
    assert [(round(s.start_s / WINDOW_S), round(s.end_s / WINDOW_S)) for s in got] == found


@pytest.mark.parametrize("sample", [[0.0], np.zeros((2, 2), "float32"), np.zeros(4), np.zeros(0, "float32")])
def test_a_sample_is_a_sound(task: Any, sample: object) -> None:
    with pytest.raises(BadInput, match="give a sound as float32"):
        task.preprocess(sample)
