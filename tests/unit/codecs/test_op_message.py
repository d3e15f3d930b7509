import math
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from serving_kit.codecs.op_message import DEEPEST, SIZES, decode, encode
from serving_kit.errors import BadInput

DTYPES = st.one_of(
    arrays.scalar_dtypes(),
    arrays.unicode_string_dtypes(),
    arrays.byte_string_dtypes(),
    arrays.array_dtypes(arrays.scalar_dtypes(), max_size=3),
    arrays.nested_dtypes(arrays.scalar_dtypes(), max_itemsize=100),
)
ARRAYS = DTYPES.flatmap(lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, min_side=0, max_side=3)))
SCALARS = arrays.scalar_dtypes().flatmap(arrays.from_dtype)
TEXTS = st.text(st.characters(exclude_categories=[]))  # lone surrogates too
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    TEXTS,
    st.binary(),
    ARRAYS,
    SCALARS,
    TEXTS.map(np.str_),
    st.binary().map(np.bytes_),
)
KEYS = st.one_of(TEXTS, st.integers(), st.none(), st.tuples(st.integers(), TEXTS), st.binary())
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(KEYS, inner), max_leaves=12
)


def travelled(value: object) -> Any:
    message = encode(value, "x")
    document, behind = SIZES.unpack_from(message)
    assert len(message) == SIZES.size + document + behind
    end = SIZES.size + document
    return decode(message[SIZES.size : end], np.frombuffer(bytearray(message[end:]), np.uint8))


def assert_same(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert [*map(repr, one)] == [*map(repr, other)]
        assert_same([*one.values()], [*other.values()])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for mine, yours in zip(one, other, strict=True):
            assert_same(mine, yours)
    elif isinstance(one, np.ndarray | np.generic):
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    elif isinstance(one, float) and math.isnan(one):
        assert math.isnan(other)
    else:
        assert (one, repr(one)) == (other, repr(other))  # -0.0 is not 0.0


@given(VALUES)
def test_what_can_travel_arrives_as_it_went(value: object) -> None:
    assert_same(travelled(value), value)


def test_arrays_of_any_layout_arrive_writable_and_aligned() -> None:
    whole = np.arange(24, dtype=np.float64).reshape(2, 3, 4)
    given_ = [b"odd", whole.T, whole[:, ::2], whole.astype(">f4"), np.asfortranarray(whole)]
    for came, went in zip(travelled(given_)[1:], given_[1:], strict=True):
        assert isinstance(went, np.ndarray)
        assert came.flags.writeable
        assert came.flags.aligned
        assert came.dtype == went.dtype
        np.testing.assert_array_equal(came, went)


def test_other_dicts_arrive_as_dicts() -> None:
    assert_same(travelled(OrderedDict(b=1, a=2)), {"b": 1, "a": 2})


class Own:
    pass


def inside(levels: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(levels - 1):
        nested = [nested]
    return nested


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": [1, {"b": {3}}]}, r"^the answer\['a'\]\[1\]\['b'\]: a value of <class 'set'> cannot travel between"),
        ((Own(),), r"^the answer\[0\]: a value of <class '.*Own'> cannot travel .*; use dict, list, tuple, str, bytes"),
        ({"k": np.array([None])}, r"\['k'\]: an array of object cannot travel"),
        ({"k": np.zeros(2, [("a", "O")])}, r"\['k'\]: an array of void\d+ cannot travel"),
        ({"k": np.ma.masked_array([1])}, r"\['k'\]: a value of <class 'numpy.ma.*MaskedArray'> cannot travel"),
        ({frozenset(): 1}, r"^the answer\[frozenset\(\)\]: a value of <class 'frozenset'> cannot travel"),
        (inside(DEEPEST + 1), r"^the answer(\[0\]){8}: what is in more than 100 others, or in itself, cannot travel"),
        pytest.param(10**5000, r"^the answer: Exceeds the limit", id="an integer of 5000 digits"),
    ],
)
def test_what_cannot_travel_is_named_with_its_place(value: object, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        encode(value, "the answer")


def test_as_deep_as_allowed_is_allowed() -> None:
    assert travelled(inside(DEEPEST)) == inside(DEEPEST)
