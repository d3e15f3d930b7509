import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

import zoo
from data import melody
from serving_kit.checksum import file_sha256
from serving_kit.codecs import sound
from serving_kit.errors import BadInput
from zoo import loader

MODULES = ("melody.py", "noise.py", "speech.py")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own with one sound, `tone`, of half a second."""
    for module in MODULES:
        shutil.copy(loader.DATA / module, tmp_path)
    monkeypatch.setattr(loader, "DATA", tmp_path)
    put(tmp_path, np.full(8000, 0.5, "float32"), 16_000)
    return tmp_path


def put(folder: Path, samples: sound.Samples, rate_hz: int) -> None:
    sha256 = file_sha256(sound.write(folder / "tone.wav", samples, rate_hz))
    write(folder, "tone", {"kind": "file", "path": "tone.wav", "sha256": sha256, "origin": "a test"})


def write(folder: Path, name: str, source: dict[str, object], kind: str = "sound") -> None:
    card = {
        "name": name,
        "title": "A sound",
        "kind": kind,
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


def test_several_sounds_are_a_list(folder: Path) -> None:
    write(folder, "pair", {"kind": "group", "of": ["tone", "tone"]}, "sounds")
    assert [samples.shape for samples in zoo.sample("pair")] == [(8000,), (8000,)]


def test_a_sound_of_another_rate_is_refused(folder: Path) -> None:
    put(folder, np.zeros(8, "float32"), 8000)
    with pytest.raises(BadInput, match=r"tone\.wav has 8000 samples a second; take a sound of 16000"):
        zoo.sample("tone")


def test_noise_is_laid_over_a_sound(folder: Path, own_cache: Path) -> None:
    put(folder, np.full(8000, 0.1, "float32"), 16_000)
    write(folder, "noisy", {"kind": "rendered", "function": "noise.sentence_in_noise", "needs": {"clean": "tone"}})
    added = zoo.sample("noisy") - zoo.sample("tone")
    assert 10 * np.log10(0.1**2 / np.mean(added**2)) == pytest.approx(5, abs=0.01)
    power = np.abs(np.fft.rfft(added)) ** 2
    assert power[100:200].mean() > 5 * power[2000:4000].mean()


def test_music_has_a_rate_of_its_own(folder: Path, own_cache: Path) -> None:
    write(folder, "tune", {"kind": "rendered", "function": "melody.tune_and_bass"}, "music")
    assert sound.read(zoo.data.path("tune"))[1] == 22_050
    samples = zoo.sample("tune")
    assert (samples.dtype, len(samples), np.abs(samples).max()) == (np.float32, round(7.4 * 22_050), 0.5)
    assert not samples[:11_025].any() and samples[11_025 + 5] != 0


def test_a_tone_has_its_pitch() -> None:
    samples = melody.play([melody.Tone(57, 0.0, 1.0)])[: melody.RATE_HZ]
    spectrum = np.abs(np.fft.rfft(samples))  # one bin a hertz
    assert np.argmax(spectrum) == 220
    assert spectrum[440] > 20 * spectrum[330]
