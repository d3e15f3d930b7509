import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

import zoo
from serving_kit.checksum import file_sha256
from serving_kit.codecs import sound
from serving_kit.errors import BadInput
from zoo import loader

SPEECH = loader.DATA / "speech.py"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own with one sound, `tone`, of half a second."""
    monkeypatch.setattr(loader, "DATA", tmp_path)
    shutil.copy(SPEECH, tmp_path)
    put(tmp_path, np.full(8000, 0.5, "float32"), 16_000)
    return tmp_path


def put(folder: Path, samples: sound.Samples, rate_hz: int) -> None:
    sha256 = file_sha256(sound.write(folder / "tone.wav", samples, rate_hz))
    write(folder, "tone", {"kind": "file", "path": "tone.wav", "sha256": sha256, "origin": "a test"})


def write(folder: Path, name: str, source: dict[str, object]) -> None:
    card = {
        "name": name,
        "title": "A sound",
        "kind": "sound",
        "licence": "MIT",
        "licence_read": "LICENSE in the package",
        "source": source,
    }
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(card))


def test_a_sound_comes_as_samples(folder: Path) -> None:
    samples = zoo.sample("tone")
    assert (samples.dtype, samples.shape, samples[0]) == (np.float32, (8000,), 0.5)


def test_a_sound_is_put_together_of_others(folder: Path, own_cache: Path) -> None:
    needs = {"first": "tone", "second": "tone"}
    write(folder, "both", {"kind": "rendered", "function": "speech.two_sentences", "needs": needs})
    loud = np.flatnonzero(zoo.sample("both"))
    assert (loud[0], loud[-1] + 1) == (16_000, 16_000 + 8000 + 24_000 + 8000)
    assert len(loud) == 16_000


def test_a_sound_of_another_rate_is_refused(folder: Path) -> None:
    put(folder, np.zeros(8, "float32"), 8000)
    with pytest.raises(BadInput, match=r"tone\.wav has 8000 samples a second; take a sound of 16000"):
        zoo.sample("tone")
