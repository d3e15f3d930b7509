import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.service.model import ServedModel, checked
from serving_kit.types import ElementType, NamedTensor, Tensor, TensorSpec
from tests.unit.served import EchoEngine, FakeEngine, LinearEngine, serve

ROW = Tensor(np.ones((1, 13), np.float32))
TWO_INPUTS = FakeEngine(
    (TensorSpec("a_0", "a", ElementType.FP32, (-1, 1)), TensorSpec("b_0", "b", ElementType.FP32, (-1, 1))), ()
)


@pytest.mark.parametrize(
    ("name", "alias"), [("x", ""), ("features", ""), ("", "features"), ("?", "features"), ("", "")]
)
def test_an_input_is_found_by_name_alias_or_position(name: str, alias: str) -> None:
    feeds = serve(LinearEngine()).feeds([NamedTensor(name, ROW, alias)])
    assert feeds["x"].array is ROW.array


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        ([], "input 'features' is missing; model 'uci_housing' takes 'features'"),
        ([NamedTensor("x", ROW), NamedTensor("y", ROW)], "input 'y' is unknown"),
        ([NamedTensor("", ROW), NamedTensor("", ROW)], "input number 1 is unknown"),
        (
            [NamedTensor("x", ROW), NamedTensor("", ROW, "features")],
            "input 'features' of model 'uci_housing' is given twice",
        ),
    ],
)
def test_missing_extra_and_doubled_inputs_are_named(tensors: list[NamedTensor], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        serve(LinearEngine()).feeds(tensors)


@pytest.mark.parametrize(
    ("tensor", "said"),
    [
        (Tensor(np.ones((1, 12), np.float32)), r"must have shape \[-1, 13\] \(-1: any\), got \[1, 12\]"),
        (Tensor(np.ones(13, np.float32)), r"must have shape .* got \[13\]"),
        (Tensor(np.float32(1)), r"got \[\]"),
        (Tensor(np.ones((0, 13), np.float32)), "is empty"),
        (Tensor(np.ones((1, 13), np.int64)), "must be FP32, got INT64"),
        (Tensor(np.ones((1, 13), bool)), "must be FP32, got BOOL"),
        (Tensor(np.full((1, 13), b"1", object)), "must be FP32, got STRING"),
        (Tensor(np.full((1, 13), 1e39)), "holds a value too large for FP32"),
        (Tensor(np.full((1, 13), np.nan, np.float32)), "holds NaN or infinity"),
        (Tensor(np.full((1, 13), -np.inf)), "holds NaN or infinity"),
        (Tensor(np.ones((1, 13), np.float32), (0, 1)), "takes no lod"),
    ],
)
def test_a_wrong_tensor_is_explained(tensor: Tensor, said: str) -> None:
    with pytest.raises(BadInput, match=f"input 'features'.* {said}"):
        serve(LinearEngine()).feeds([NamedTensor("x", tensor)])


@pytest.mark.parametrize(
    ("lod", "said"),
    [
        ((), "needs a level of detail"),
        ((0,), "lod must rise from 0 to the number of rows, 3, got"),
        ((0, 2), "got .0, 2."),
        ((1, 3), "got .1, 3."),
        ((0, 2, 1, 3), "got .0, 2, 1, 3."),
        ((0, 4, 3), "got"),
        ((0, 0, 3), "sequence 0 of lod is empty; give every sequence at least one row"),
        ((0, 2, 2, 3), "sequence 1 of lod is empty"),
        ((0, 3, 3), "sequence 1 of lod is empty"),
    ],
)
def test_wrong_offsets_are_explained(lod: tuple[int, ...], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        serve(EchoEngine()).feeds([NamedTensor("words", Tensor(np.ones((3, 1), np.int64), lod))])


@pytest.mark.parametrize(
    ("given", "wanted"),
    [("int32", "INT64"), ("uint8", "INT32"), ("float64", "FP32"), ("float32", "FP64"), ("float16", "FP32")],
)
def test_what_loses_nothing_is_cast(given: str, wanted: str) -> None:
    spec = TensorSpec("x", "x", ElementType[wanted], (-1,))
    array = checked(Tensor(np.array([1, 2], given)), spec).array
    assert array.dtype == ElementType[wanted].dtype
    assert array.tolist() == [1, 2]


@pytest.mark.parametrize(("given", "wanted"), [("int64", "INT32"), ("int8", "UINT8"), ("float32", "FP16")])
def test_what_may_lose_something_is_not_cast(given: str, wanted: str) -> None:
    with pytest.raises(BadInput, match=f"must be {wanted}"):
        checked(Tensor(np.array([1, 2], given)), TensorSpec("x", "x", ElementType[wanted], (-1,)))


def test_a_bfloat16_is_a_float_to_a_model_and_floats_are_rounded_to_it() -> None:
    bits = Tensor(np.uint16([0x3FC0]))
    assert checked(bits, TensorSpec("x", "x", ElementType.FP32, (-1,))).array.tolist() == [1.5]
    rounded = checked(Tensor(np.float32([1.5])), TensorSpec("x", "x", ElementType.BF16, (-1,))).array
    assert (rounded.dtype, rounded.tolist()) == (np.uint16, [0x3FC0])
    with pytest.raises(BadInput, match="input 'x' must be INT64, got BF16"):
        checked(bits, TensorSpec("x", "x", ElementType.INT64, (-1,)))


@pytest.mark.parametrize(
    ("shape", "wanted", "becomes"),
    [
        ((13,), (-1, 13), (1, 13)),
        ((1, 1, 13, 1), (-1, 13), (1, 13)),  # as Paddle Serving's quick start sends it
        ((4, 1, 13), (-1, 13), (4, 13)),
        ((1, 5, 1), (-1, -1), (1, 5)),
        ((2, 1, 1), (-1, 1, 1), (2, 1, 1)),
    ],
)
def test_axes_that_hold_nothing_are_no_matter_to_old_clients(
    shape: tuple[int, ...], wanted: tuple[int, ...], becomes: tuple[int, ...]
) -> None:
    spec = TensorSpec("x", "x", ElementType.FP32, wanted)
    model = serve(FakeEngine((spec,), ()))
    x = NamedTensor("x", Tensor(np.arange(np.prod(shape), dtype=np.float32).reshape(shape)))
    fed = model.feeds([x], may_lack_batch=True)["x"].array
    assert fed.shape == becomes
    np.testing.assert_array_equal(fed.ravel(), x.tensor.array.ravel())
    if shape != becomes:
        with pytest.raises(BadInput, match="must have shape"):
            model.feeds([x])


@pytest.mark.parametrize("shape", [(2, 13, 2), (13, 2), (1, 1, 12), (1, 1, 13, 13)])
def test_axes_that_hold_something_are_not_dropped(shape: tuple[int, ...]) -> None:
    model = serve(FakeEngine((TensorSpec("x", "x", ElementType.FP32, (-1, 13)),), ()))
    with pytest.raises(BadInput, match=r"must have shape \[-1, 13\]"):
        model.feeds([NamedTensor("x", Tensor(np.ones(shape, np.float32)))], may_lack_batch=True)


def test_strings_become_bytes_that_end_with_zero() -> None:
    tensor = Tensor(np.array([b"ab", b""], object))
    assert checked(tensor, TensorSpec("x", "x", ElementType.UINT8, (-1,))).array.tobytes() == b"ab\0\0"


def test_outputs_are_found_by_alias_or_name_in_the_order_asked() -> None:
    model = serve(LinearEngine())
    assert model.fetches([]) == model.outputs
    assert model.fetches(["fc_0.tmp_1", "price"]) == model.outputs * 2
    with pytest.raises(BadInput, match="output 'cost' is unknown; model 'uci_housing' gives 'price'"):
        model.fetches(["price", "cost"])


def test_a_models_outputs_feed_the_next_by_name_then_by_position() -> None:
    column = [Tensor(np.full((1, 1), n, np.float32)) for n in (1, 2)]
    second = serve(TWO_INPUTS)

    def given(model: ServedModel) -> list[NamedTensor]:
        return [NamedTensor(s.name, t, s.alias) for s, t in zip(model.outputs, column, strict=True)]

    named = serve(
        FakeEngine((), (TensorSpec("o1", "b", ElementType.FP32, ()), TensorSpec("a_0", "o2", ElementType.FP32, ())))
    )
    unnamed = serve(
        FakeEngine((), (TensorSpec("o1", "p", ElementType.FP32, ()), TensorSpec("o2", "q", ElementType.FP32, ())))
    )
    assert second.feeds_from(given(named))["a_0"].array == 2
    assert second.feeds_from(given(unnamed))["a_0"].array == 1
