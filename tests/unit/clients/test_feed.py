import numpy as np
import pytest

from serving_kit.clients.feed import as_json, by_alias, size_bytes, tensor_fields
from serving_kit.types import ElementType, TensorSpec

IMAGE = TensorSpec("var_0", "image", ElementType.FP32, (2, 3))
IDS = TensorSpec("ids", "ids", ElementType.INT64, (4,))
MASK = TensorSpec("mask", "mask", ElementType.INT32, (4,))
TEXT = TensorSpec("text", "text", ElementType.STRING, (1,))
WORDS = TensorSpec("words", "words", ElementType.INT64, (-1,), is_lod=True)


@pytest.mark.parametrize(
    ("value", "batch", "data", "shape"),
    [
        (np.ones((2, 3)), False, [1.0] * 6, [1, 2, 3]),
        (np.ones((5, 2, 3)), True, [1.0] * 30, [5, 2, 3]),
        (np.asarray(2.5), False, [2.5], [1, 1]),
        (np.asarray(2.5), True, [2.5], [1]),
        ([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], False, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1, 2, 3]),
        ([[1.0] * 6, (2.0,) * 6], True, [1.0] * 6 + [2.0] * 6, [2, 2, 3]),
        ([np.ones(3), np.float32(2)], False, [1.0, 1.0, 1.0, 2.0], [1, 2, 3]),
        (7, False, [7], [2, 3]),
    ],
)
def test_data_is_flattened_and_the_shape_is_paddle_servings(
    value: object, batch: bool, data: list[float], shape: list[int]
) -> None:
    tensor = tensor_fields(IMAGE, {"image": value}, batch=batch)
    assert tensor == {"float_data": data, "shape": shape, "elem_type": 1, "name": "var_0", "alias_name": "image"}


@pytest.mark.parametrize(
    ("spec", "value", "key"),
    [(IDS, [1, 2, 3, 4], "int64_data"), (MASK, [1, 1, 0, 0], "int_data"), (TEXT, ["你好"], "data")],
)
def test_each_type_has_its_own_member(spec: TensorSpec, value: list[object], key: str) -> None:
    tensor = tensor_fields(spec, {spec.alias: value}, batch=False)
    assert tensor[key] == value
    assert tensor["elem_type"] == int(spec.element_type)


@pytest.mark.parametrize("value", ["你好", "你好".encode()])
def test_a_single_string_is_a_list_of_one(value: str | bytes) -> None:
    tensor = tensor_fields(TEXT, {"text": value}, batch=False)
    assert (tensor["data"], tensor["shape"]) == (["你好"], [1])


@pytest.mark.parametrize("lod", [[0, 3, 8], np.asarray([0, 3, 8]), [[0, 3, 8]]])
def test_a_level_of_detail_goes_with_its_tensor(lod: object) -> None:
    feed = {"words": np.zeros((8, 1), np.int64), "words.lod": lod}
    tensor = tensor_fields(WORDS, feed, batch=True)
    assert (tensor["lod"], tensor["shape"]) == ([0, 3, 8], [8, 1])


def test_a_list_for_a_dynamic_input_has_its_own_shape() -> None:
    assert tensor_fields(WORDS, {"words": [[1], [2], [3]]}, batch=True)["shape"] == [3, 1]


def test_the_callers_feed_is_left_as_it_was() -> None:
    feed = {"image": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]}
    tensor_fields(IMAGE, by_alias(feed, [IMAGE]), batch=False)
    assert feed == {"image": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]}


@pytest.mark.parametrize(
    ("spec", "value", "said"),
    [
        (IMAGE, [float("nan")] * 6, "'image' holds NaN or infinity"),
        (IMAGE, np.full(6, np.inf), "'image' holds NaN or infinity"),
        (IMAGE, "text", "'image' is FP32 and cannot be 'text'"),
        (TEXT, 3, "'text' is STRING and cannot be 3"),
        (IDS, [1.5, 2, 3, 4], "feed 'ids' holds values that int64 cannot"),
        (TEXT, [1], "feed 'text' must hold text"),
    ],
)
def test_what_json_cannot_carry_is_a_value_error(spec: TensorSpec, value: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        as_json(tensor_fields(spec, {spec.alias: value}, batch=False))


def test_protobuf_carries_what_json_cannot() -> None:
    fields = tensor_fields(IMAGE, {"image": [np.nan] * 6}, batch=False)
    assert np.isnan(fields["float_data"]).all()


@pytest.mark.parametrize(
    ("element_type", "value", "field", "data", "text"),
    [
        (ElementType.UINT8, [1, 255], "tensor_content", b"\x01\xff", "Af8="),
        (ElementType.FP16, [1.0], "tensor_content", b"\x00\x3c", "ADw="),
        (ElementType.BF16, [1.0], "tensor_content", b"\x80\x3f", "gD8="),
        (ElementType.BF16, np.asarray([0x3F80], np.uint16), "tensor_content", b"\x80\x3f", "gD8="),
        (ElementType.FP64, [0.5], "float64_data", [0.5], [0.5]),
        (ElementType.BOOL, [True, False], "bool_data", [True, False], [True, False]),
        (ElementType.COMPLEX64, [1 + 2j], "complex64_data", [1.0, 2.0], [1.0, 2.0]),
    ],
)
def test_every_other_type_has_its_field_too(
    element_type: ElementType, value: object, field: str, data: object, text: object
) -> None:
    fields = tensor_fields(TensorSpec("v", "v", element_type, (-1,)), {"v": value}, batch=True)
    assert fields[field] == data
    assert as_json(fields)[field] == text


@pytest.mark.parametrize(
    ("spec", "value", "size"),
    [
        (IMAGE, np.zeros((2, 3)), 24),
        (TEXT, ["你好", "b"], 3),
        (TensorSpec("v", "v", ElementType.INT16, (3,)), [1, 2, 3], 6),
    ],
)
def test_sizes_are_counted_as_paddle_serving_counts_them(spec: TensorSpec, value: object, size: int) -> None:
    assert size_bytes(tensor_fields(spec, {spec.alias: value}, batch=False)) == size


def test_as_many_values_as_inputs_are_taken_in_order() -> None:
    assert by_alias([1, 2], [IMAGE, IDS]) == {"image": 1, "ids": 2}


@pytest.mark.parametrize(
    ("feed", "specs", "said"),
    [
        ([1, 2, 3], [IMAGE, IDS], "the model has 2 feeds"),
        ("text", [IMAGE, IDS], "the model has 2 feeds"),
        ([1.0], [], "call load_client_config first"),
        (3, [IMAGE], "must be a dict, list, tuple or str, not int"),
        ({"x": 1}, [IMAGE], "Wrong feed name: x"),
    ],
)
def test_a_feed_that_cannot_be_divided_is_a_value_error(feed: object, specs: list[TensorSpec], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        by_alias(feed, specs)
