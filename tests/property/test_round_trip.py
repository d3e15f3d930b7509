"""Any tensor of any element type and any shape comes back as it went, over every protocol and by every client."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from serving_kit.errors import BadInput
from serving_kit.types import Array, ElementType
from tests.property.asker import OPEN_INFERENCE, Asker, expected, texts
from tests.property.echo_server import EchoServer, running

pytestmark = pytest.mark.integration

GENERAL = ("Client", "HttpClient-proto", "HttpClient-json", "HttpClient-grpc", "brpc-sync", "brpc-async")
OPEN = ("rest-json", "http-sync", "http-async", "grpc-sync", "grpc-async")
CASES = [*product(GENERAL, ElementType)]
CASES += [case for case in product(OPEN, ElementType) if case[1] in OPEN_INFERENCE]
SHAPES = arrays.array_shapes(min_dims=1, max_dims=5, min_side=1, max_side=5)


@pytest.fixture(scope="module")
def echo() -> Iterator[EchoServer]:
    with running() as it:
        yield it


@pytest.fixture(scope="module")
def asker(echo: EchoServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    it = Asker(echo.address, tmp_path_factory.mktemp("configs"))
    yield it
    it.close()


def tensors(element_type: ElementType, *, finite: bool) -> st.SearchStrategy[Array]:
    if element_type is ElementType.STRING:
        text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
        return arrays.arrays(np.dtype(object), SHAPES, elements=text, fill=st.nothing())
    if element_type is ElementType.BF16:
        # Larger ones round to infinity, which JSON does not carry.
        largest = float(np.float32(3.3e38)) if finite else None
        elements = st.floats(-largest, largest, width=32) if largest else st.floats(width=32)
        return arrays.arrays(np.float32, SHAPES, elements=elements)
    if finite and element_type.dtype.kind in "fc":
        limits = {"allow_nan": False, "allow_infinity": False}
        return arrays.arrays(element_type.dtype, SHAPES, elements=arrays.from_dtype(element_type.dtype, **limits))
    return arrays.arrays(element_type.dtype, SHAPES)


@pytest.mark.parametrize(("way", "element_type"), CASES, ids=lambda value: getattr(value, "name", value))
@settings(max_examples=10)
@given(data=st.data())
def test_any_tensor_comes_back_as_it_went(
    echo: EchoServer, asker: Asker, way: str, element_type: ElementType, data: st.DataObject
) -> None:
    array = data.draw(tensors(element_type, finite=way == "HttpClient-json"))
    echo.expect(element_type, array.ndim)
    answer = asker.ways[way](element_type, array)
    assert answer.shape == array.shape
    if element_type is ElementType.STRING:
        assert texts(answer) == texts(array)
    else:
        wanted = expected(array, element_type)
        assert answer.dtype == wanted.dtype
        np.testing.assert_array_equal(answer, wanted)


@pytest.mark.parametrize("way", [way for way in OPEN if way != "rest-json"])
@pytest.mark.parametrize("element_type", [ElementType.COMPLEX64, ElementType.COMPLEX128])
def test_complex_numbers_are_refused_where_the_protocol_has_none(
    echo: EchoServer, asker: Asker, way: str, element_type: ElementType
) -> None:
    echo.expect(element_type, 1)
    with pytest.raises(BadInput, match=f"{element_type.name} has no datatype in the Open Inference Protocol"):
        asker.ways[way](element_type, np.ones(2, element_type.dtype))
