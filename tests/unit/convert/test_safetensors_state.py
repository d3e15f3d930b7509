from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from serving_kit.convert.safetensors_state import read_safetensors
from serving_kit.errors import BadInput


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "int8", "bool"])
def test_arrays_come_back_by_name(tmp_path: Path, dtype: str) -> None:
    state = {"layer.weight": np.arange(6).reshape(2, 3).astype(dtype), "layer.scale": np.array(1, dtype)}
    save_file(state, tmp_path / "weights")
    found = read_safetensors(tmp_path / "weights")
    assert found.keys() == state.keys()
    for name, array in state.items():
        assert found[name].dtype == dtype
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("content", [b"", b"no weights", b"\x02" + b"\0" * 7 + b"{}tail", b"\xff" * 64])
def test_other_files_are_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "weights").write_bytes(content)
    with pytest.raises(BadInput, match="weights cannot be read as safetensors"):
        read_safetensors(tmp_path / "weights")


def test_a_type_that_numpy_lacks_is_refused(tmp_path: Path) -> None:
    header = b'{"w":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}'
    (tmp_path / "weights").write_bytes(len(header).to_bytes(8, "little") + header + b"\0\0")
    with pytest.raises(BadInput, match="cannot be read as safetensors"):
        read_safetensors(tmp_path / "weights")
