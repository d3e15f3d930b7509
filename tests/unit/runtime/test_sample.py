from pathlib import Path

import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.runtime import golden, sample
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.spec import GOLDEN_FILENAME
from serving_kit.types import Tensor
from tests.unit import tiny_onnx
from tests.unit.tiny_models import with_prototxt


@pytest.fixture
def scaled(tmp_path: Path) -> ModelDir:
    folder = with_prototxt(tiny_onnx.scaled(tmp_path / "scaled" / "model.onnx"))
    golden.write(folder, {"x": Tensor(np.ones((4, 2), "float32"))}, {"y": Tensor(np.full((4, 2), 2, "float32"))})
    return ModelDir.open(folder)


def save(path: Path, **arrays: object) -> Path:
    np.savez(path, **arrays)  # type: ignore[arg-type] # its stub knows no keywords
    return path


def test_a_models_own_samples_are_its_golden_example_and_its_calibration(scaled: ModelDir) -> None:
    assert [one["x"].array.shape for one in sample.read(scaled)] == [(4, 2)]
    save(scaled.server_dir / sample.CALIBRATION_FILENAME, x=np.ones((2, 2)))
    assert [one["x"].array.shape for one in sample.read(scaled)] == [(4, 2), (2, 2)]


def test_files_stand_in_for_the_models_own_and_take_the_models_type(scaled: ModelDir, tmp_path: Path) -> None:
    (read,) = sample.read(scaled, [save(tmp_path / "a.npz", x=np.ones((1, 2), "float64"))])
    assert read["x"].array.dtype == np.float32


def test_a_model_without_samples_asks_for_some(scaled: ModelDir) -> None:
    (scaled.server_dir / GOLDEN_FILENAME).unlink()
    with pytest.raises(BadInput, match=r"neither a golden example nor calibration\.npz; give --samples, an npz"):
        sample.read(scaled)


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"z": np.ones((1, 2))}, r"has no array 'x', only \['z'\]"),
        ({"x": np.ones((1, 3))}, r"'x' has the shape \[1, 3\], not \[-1, 2\]"),
        ({"x": np.ones(2)}, r"'x' has the shape \[2\], not \[-1, 2\]"),
    ],
)
def test_a_sample_that_does_not_fit_is_named(
    scaled: ModelDir, tmp_path: Path, arrays: dict[str, object], says: str
) -> None:
    with pytest.raises(BadInput, match=rf"a\.npz.*{says}"):
        sample.read(scaled, [save(tmp_path / "a.npz", **arrays)])


def test_a_missing_file_is_named(scaled: ModelDir, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"there is no file of samples .*absent\.npz"):
        sample.read(scaled, [tmp_path / "absent.npz"])
