from pathlib import Path

import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.quantise import sample
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.spec import GOLDEN_FILENAME


def save(path: Path, **arrays: object) -> Path:
    np.savez(path, **arrays)  # type: ignore[arg-type] # its stub knows no keywords
    return path


def test_a_models_own_samples_are_its_golden_example_and_its_calibration(dense: ModelDir) -> None:
    assert [one["x"].array.shape for one in sample.read(dense)] == [(4, 64)]
    save(dense.server_dir / sample.CALIBRATION_FILENAME, x=np.ones((2, 64)))
    assert [one["x"].array.shape for one in sample.read(dense)] == [(4, 64), (2, 64)]


def test_files_stand_in_for_the_models_own_and_take_the_models_type(dense: ModelDir, tmp_path: Path) -> None:
    (read,) = sample.read(dense, [save(tmp_path / "a.npz", x=np.ones((1, 64), "float64"))])
    assert read["x"].array.dtype == np.float32


def test_a_model_without_samples_asks_for_some(dense: ModelDir) -> None:
    (dense.server_dir / GOLDEN_FILENAME).unlink()
    with pytest.raises(BadInput, match=r"neither a golden example nor calibration\.npz; give --samples, an npz"):
        sample.read(dense)


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"z": np.ones((1, 64))}, r"has no array 'x', only \['z'\]"),
        ({"x": np.ones((1, 63))}, r"'x' has the shape \[1, 63\], not \[-1, 64\]"),
        ({"x": np.ones(64)}, r"'x' has the shape \[64\], not \[-1, 64\]"),
    ],
)
def test_a_sample_that_does_not_fit_is_named(
    dense: ModelDir, tmp_path: Path, arrays: dict[str, object], says: str
) -> None:
    with pytest.raises(BadInput, match=rf"a\.npz.*{says}"):
        sample.read(dense, [save(tmp_path / "a.npz", **arrays)])


def test_a_missing_file_is_named(dense: ModelDir, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"there is no file of samples .*absent\.npz"):
        sample.read(dense, [tmp_path / "absent.npz"])
