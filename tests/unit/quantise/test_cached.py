import logging
from pathlib import Path

import numpy as np
import pytest

from serving_kit.quantise import cached
from serving_kit.quantise.cached import int8_twin
from serving_kit.quantise.model import quantise_model
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.sample import CALIBRATION_FILENAME


def test_a_twin_is_made_once_and_again_for_other_samples(
    dense: ModelDir, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    monkeypatch.setattr(cached, "_make", lambda model, folder: made.append(folder))
    twin = int8_twin(dense.server_dir)
    assert twin.parent == cache_dir / "int8"
    assert int8_twin(dense.server_dir) == twin
    assert len(made) == 1
    np.savez(dense.server_dir / CALIBRATION_FILENAME, x=np.ones((1, 64), "float32"))
    assert int8_twin(dense.server_dir) != twin


def test_a_twin_in_the_cache_can_be_served(dense: ModelDir, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        twin = ModelDir.open(int8_twin(dense.server_dir))
    assert twin.program.name == "model.onnx"
    assert twin.name == dense.name
    assert "dense: made int8 (static), which moves the answers by " in caplog.text


def test_a_quantised_model_is_its_own_twin(dense: ModelDir, tmp_path: Path) -> None:
    quantise_model(dense.server_dir, tmp_path / "out")
    assert int8_twin(tmp_path / "out") == tmp_path / "out"


def test_a_twin_beside_the_model_is_taken_if_it_is_made_of_it(
    dense: ModelDir, cache_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    beside = dense.server_dir.with_name("dense-int8")
    quantise_model(dense.server_dir, beside)
    assert int8_twin(dense.server_dir) == beside
    with dense.program.open("ab") as file:
        file.write(b"\x12\x01p")  # the name of another producer
    assert int8_twin(dense.server_dir).parent == cache_dir / "int8"
    assert "is not made of the dense that is served" in caplog.text
