import struct
from pathlib import Path

import numpy as np
import pytest

from serving_kit.errors import ModelFileError
from serving_kit.runtime import parameters
from tests.unit.tiny_models import serialized

TWO = {"a": (3,), "b": (2, 2)}


@pytest.fixture
def two(tmp_path: Path) -> Path:
    path = tmp_path / "params.pdiparams"
    path.write_bytes(serialized(np.zeros(3, "float32")) + serialized(np.zeros((2, 2), "int64")))
    return path


def check(path: Path, expected: dict[str, tuple[int, ...]]) -> None:
    parameters.check(path.with_name("model.pdmodel"), path, expected)


def test_whole_files_pass_whoever_wrote_them(two: Path, conv: Path) -> None:
    check(two, TWO)
    check(conv / "model.pdiparams", {"conv2d_0.b_0": (4,), "conv2d_0.w_0": (4, 3, 3, 3)})


def test_an_axis_the_program_leaves_open_takes_any_size(two: Path) -> None:
    check(two, {"a": (-1,), "b": (2, -1)})


def test_levels_of_detail_are_stepped_over(tmp_path: Path) -> None:
    plain = serialized(np.zeros(2, "float32"))
    path = tmp_path / "param"
    path.write_bytes(plain[:4] + struct.pack("<QQQQ", 1, 16, 0, 2) + plain[12:])
    check(path, {"a": (2,)})


def test_the_last_missing_byte_is_noticed(two: Path) -> None:
    two.write_bytes(two.read_bytes()[:-1])
    with pytest.raises(ModelFileError, match=r"params\.pdiparams is cut off: 1 bytes are missing from tensor 2"):
        check(two, TWO)


def test_another_models_parameters_are_noticed(two: Path) -> None:
    with pytest.raises(ModelFileError, match="holds 2 tensors but the program has 1"):
        check(two, {"a": (3,)})
    with pytest.raises(ModelFileError, match=r"gives b the shape \[2, 2\] but the program has \[4\]"):
        check(two, {"a": (3,), "b": (4,)})


def test_parameters_in_a_file_each_are_looked_for_beside_the_program(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(serialized(np.zeros(3, "float32")))
    parameters.check(tmp_path / "__model__", None, {"a": (3,)})
    with pytest.raises(ModelFileError, match=r"lacks the parameter files \['b'\]"):
        parameters.check(tmp_path / "__model__", None, TWO)


@pytest.mark.parametrize("noise", [b"\xff" * 64, b"\0" * 16 + struct.pack("<i", -1) + b"\0" * 64, b"\0" * 7])
def test_noise_is_no_tensor(two: Path, noise: bytes) -> None:
    two.write_bytes(two.read_bytes() + noise)
    with pytest.raises(ModelFileError, match="is damaged after 2 of its 2 tensors"):
        check(two, TWO)


def test_a_tensor_of_negative_size_does_not_turn_the_reader_round(tmp_path: Path) -> None:
    desc = b"\x08\x05\x10" + b"\xff" * 9 + b"\x01"  # FP32, one axis of -1
    path = tmp_path / "param"
    path.write_bytes(struct.pack("<IQIi", 0, 0, 0, len(desc)) + desc + b"\0" * 64)
    with pytest.raises(ModelFileError, match="is damaged after 0 of its 1 tensors"):
        check(path, {"a": (1,)})
