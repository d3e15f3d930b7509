from pathlib import Path

import numpy as np
import pytest

from serving_kit.convert.tfjs import weight
from serving_kit.errors import ModelFileError


def read(folder: Path, data: bytes, *weights: dict, path: str = "a.bin") -> dict[str, np.ndarray]:
    (folder / "a.bin").write_bytes(data)
    return weight.read(folder, [{"paths": [path], "weights": list(weights)}])


def described(dtype: str = "float32", shape: tuple[int, ...] = (2,)) -> dict:
    return {"name": "w", "shape": shape, "dtype": dtype}


@pytest.mark.parametrize(
    ("stored", "said", "meant"),
    [
        (np.float32([1.5, -2]), described(), np.float32([1.5, -2])),
        (np.bool_([True, False]), described("bool"), np.bool_([True, False])),
        (
            np.float16([0.5, 7]),
            described() | {"quantization": {"dtype": "float16"}},
            np.float32([0.5, 7]),
        ),
        (
            np.uint8([0, 255]),
            described() | {"quantization": {"dtype": "uint8", "scale": 0.1, "min": -1.0}},
            np.float32([-1, 24.5]),
        ),
        (
            np.uint16([1, 3]),
            described("int32") | {"quantization": {"dtype": "uint16", "scale": 0.5, "min": 0}},
            np.int32([1, 2]),
        ),
    ],
)
def test_weights_are_what_was_stored(tmp_path, stored, said, meant):
    array = read(tmp_path, stored.tobytes(), said)["w"]
    assert array.dtype == meant.dtype
    np.testing.assert_allclose(array, meant, rtol=1e-6)


def test_a_group_goes_on_over_several_files(tmp_path):
    whole = np.arange(4, dtype=np.float32)
    (tmp_path / "a.bin").write_bytes(whole.tobytes()[:6])
    (tmp_path / "b.bin").write_bytes(whole.tobytes()[6:])
    manifest = [{"paths": ["a.bin", "b.bin"], "weights": [described(shape=(2, 2))]}]
    assert weight.read(tmp_path, manifest)["w"].tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize(
    ("size_bytes", "said", "path", "complaint"),
    [
        (4, described(), "a.bin", "'w' lies behind the end"),
        (12, described(), "a.bin", "hold 12 bytes, 8 were expected"),
        (8, described("string"), "a.bin", "is of type string"),
        (8, described(), "../a.bin", "must lie beside"),
        (8, described(), "b.bin", "cannot be read"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, size_bytes, said, path, complaint):
    with pytest.raises(ModelFileError, match=complaint):
        read(tmp_path, bytes(size_bytes), said, path=path)
