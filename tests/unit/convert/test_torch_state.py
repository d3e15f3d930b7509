import io
import pickle
import struct
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving_kit.convert.torch_state import read_torch_state
from serving_kit.errors import BadInput

STORAGES = {
    "float64": "DoubleStorage",
    "float32": "FloatStorage",
    "float16": "HalfStorage",
    "int64": "LongStorage",
    "int32": "IntStorage",
    "int16": "ShortStorage",
    "int8": "CharStorage",
    "uint8": "ByteStorage",
    "bool": "BoolStorage",
}
RNG = np.random.default_rng(7)


class Storage:
    def __init__(self, key: str, data: np.ndarray) -> None:
        self.key, self.data = key, data


class Tensor:
    """A tensor as PyTorch pickles it: a view of a storage."""

    def __init__(self, storage: Storage, shape: tuple, strides: tuple, offset: int = 0) -> None:
        self.parts = (storage, offset, shape, strides, False, OrderedDict())

    def __reduce__(self) -> tuple:
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.parts


class Pickler(pickle.Pickler):
    def persistent_id(self, value: Any) -> Any:
        if isinstance(value, Storage):
            kind = getattr(sys.modules["torch"], STORAGES[value.data.dtype.name])
            return ("storage", kind, value.key, "cpu", value.data.size)
        return None


@pytest.fixture(scope="module", autouse=True)
def torch_by_name() -> Any:
    """Stand-ins for the names of PyTorch that a state dict speaks of, so that this process can write one."""
    torch, inside = ModuleType("torch"), ModuleType("torch._utils")

    def _rebuild_tensor_v2() -> None:
        raise AssertionError("the reader called what the file named")

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    inside._rebuild_tensor_v2 = _rebuild_tensor_v2
    torch._utils = inside
    for name in STORAGES.values():
        setattr(torch, name, type(name, (), {"__module__": "torch"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "torch", torch)
        patch.setitem(sys.modules, "torch._utils", inside)
        yield


def pickled(state: Any) -> bytes:
    buffer = io.BytesIO()
    Pickler(buffer, protocol=2).dump(state)
    return buffer.getvalue()


def legacy(state: bytes, storages: list[Storage], little_endian: bool = True) -> bytes:
    head = [0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": little_endian}]
    out = b"".join(pickle.dumps(part, protocol=2) for part in head) + state
    out += pickle.dumps([storage.key for storage in storages], protocol=2)
    return out + b"".join(struct.pack("<q", one.data.size) + one.data.tobytes() for one in storages)


def zipped(state: bytes, storages: list[Storage], little_endian: bool = True) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        bundle.writestr("weights/data.pkl", state)
        bundle.writestr("weights/byteorder", "little" if little_endian else "big")
        for one in storages:
            bundle.writestr(f"weights/data/{one.key}", one.data.tobytes())
    return buffer.getvalue()


both_formats = pytest.mark.parametrize("write", [legacy, zipped])


def read(tmp_path: Path, content: bytes) -> dict[str, np.ndarray]:
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    return read_torch_state(path)


@both_formats
def test_every_dtype_comes_back(tmp_path: Path, write: Callable[..., bytes]) -> None:
    arrays = {name: RNG.integers(0, 2, 6).astype(name).reshape(2, 3) for name in STORAGES}
    storages = [Storage(str(number), array) for number, array in enumerate(arrays.values())]
    state = OrderedDict((one.data.dtype.name, Tensor(one, (2, 3), (3, 1))) for one in storages)
    state._metadata = OrderedDict({"": {"version": 1}})  # as torch's modules add it
    found = read(tmp_path, write(pickled(state), storages))
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


@both_formats
def test_views_of_one_storage_come_back_as_they_lie(tmp_path: Path, write: Callable[..., bytes]) -> None:
    storage = Storage("0", np.arange(12, dtype="float32"))
    state = {
        "transposed": Tensor(storage, (3, 4), (1, 3)),
        "tail": Tensor(storage, (2,), (1,), offset=10),
        "scalar": Tensor(storage, (), (), offset=5),
        "empty": Tensor(storage, (0, 4), (4, 1)),
    }
    found = read(tmp_path, write(pickled(state), [storage]))
    np.testing.assert_array_equal(found["transposed"], storage.data.reshape(4, 3).T)
    np.testing.assert_array_equal(found["tail"], [10, 11])
    assert found["scalar"].shape == () and found["scalar"] == 5
    assert found["empty"].shape == (0, 4)


class Evil:
    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> tuple:
        return self.call[0], self.call[1:]


SMALL = Storage("0", np.arange(4, dtype="float32"))
REFUSED = {
    r"it names posix\.system|it names nt\.system": lambda: {"w": Evil(__import__("os").system, "touch evil")},
    r"it names __builtin__\.eval": lambda: {"w": Evil(eval, "1")},
    "something else than tensors": lambda: {"w": 1},
    "something else than": lambda: [1, 2],
    "BINFLOAT": lambda: {"lr": 0.1},
    "outside its storage": lambda: {"w": Tensor(SMALL, (2, 2), (2, 2))},
    r"outside": lambda: {"w": Tensor(SMALL, (2,), (-1,), offset=1)},
    "larger than its storage": lambda: {"w": Tensor(SMALL, (1 << 40,), (0,))},
}


@both_formats
@pytest.mark.parametrize("reason", REFUSED)
def test_whatever_is_no_state_dict_is_refused_and_not_run(
    tmp_path: Path, write: Callable[..., bytes], reason: str
) -> None:
    with pytest.raises(BadInput, match=reason) as caught:
        read(tmp_path, write(pickled(REFUSED[reason]()), [SMALL]))
    assert str(caught.value).startswith("weights.pth is refused")


@both_formats
def test_big_endian_numbers_are_refused(tmp_path: Path, write: Callable[..., bytes]) -> None:
    with pytest.raises(BadInput, match="big-endian"):
        read(tmp_path, write(pickled({}), [], little_endian=False))


@both_formats
@pytest.mark.parametrize("size", [SMALL.data[:3], SMALL.data.repeat(2)], ids=["short", "long"])
def test_a_storage_of_another_size_is_damage(tmp_path: Path, write: Callable[..., bytes], size: np.ndarray) -> None:
    state = pickled({"w": Tensor(SMALL, (4,), (1,))})
    with pytest.raises(BadInput, match="cannot be read"):
        read(tmp_path, write(state, [Storage("0", size)]))


def test_a_compressed_member_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("weights/data.pkl", pickled({}))
    with pytest.raises(BadInput, match="compressed"):
        read_torch_state(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"no weights", pickle.dumps({"a": 1}, protocol=2)])
def test_other_files_are_named(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadInput, match=r"weights\.pth cannot be read"):
        read(tmp_path, content)


def test_quoted_text_is_refused_without_a_word_about_its_escapes(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="it uses the pickle opcode STRING"):
        read(tmp_path, b"S'\\i'\n.")


@both_formats
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255), keep=st.booleans())
def test_damaged_bytes_never_do_more_than_be_refused(
    tmp_path: Path, write: Callable[..., bytes], place: float, value: int, keep: bool
) -> None:
    content = bytearray(write(pickled({"w": Tensor(SMALL, (2, 2), (2, 1))}), [SMALL]))
    content[int(place * len(content))] = value
    try:
        found = read(tmp_path, bytes(content if keep else content[: int(place * len(content))]))
    except BadInput:
        return
    assert all(isinstance(array, np.ndarray) and array.nbytes <= len(content) for array in found.values())
