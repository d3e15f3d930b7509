from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import pytest

from serving_kit.batching.padding import Follow, PaddedBatch, Padding
from serving_kit.batching.padding_trial import try_padding
from serving_kit.batching.scheduler import Scheduler
from serving_kit.errors import BadInput, Internal, Unsupported
from serving_kit.types import ElementType, Tensor, TensorSpec
from tests.unit.batching.engines import DoublingEngine
from tests.unit.batching.loop import held, on_loop


class Encoder:
    """Words and their mask, [-1, -1] each, to what `answer` makes of both."""

    open_shape: tuple[int, ...] = (-1, -1)
    answer = staticmethod(lambda words, mask: words * mask)

    def __init__(self) -> None:
        names = ("words", "mask")
        self.inputs = tuple(TensorSpec(name, name, ElementType.FP32, self.open_shape) for name in names)
        self.outputs = (TensorSpec("y", "y", ElementType.FP32, self.open_shape),)

    def clone(self) -> "Encoder":
        return self

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"y": Tensor(self.answer(feeds["words"].array, feeds["mask"].array))}


class Pooled(Encoder):
    answer = staticmethod(lambda words, mask: (words * mask).sum(axis=1, keepdims=True))


class Mean(Encoder):
    answer = staticmethod(lambda words, mask: words.mean(axis=1, keepdims=True))


class Pairs(Encoder):
    answer = staticmethod(lambda words, mask: np.repeat(words, words.shape[1], axis=1))


class Halving(Encoder):
    """Images: every second row and every fourth column."""

    open_shape = (-1, 3, -1, -1)
    answer = staticmethod(lambda words, mask: words[:, :1, ::2, ::4])


class Square(Encoder):
    """Takes one length only."""

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        if feeds["words"].array.shape[1] != 5:
            raise Internal("five words, please")
        return super().run(feeds)


class Fixed(Encoder):
    open_shape = (-1, 5)


def sentence(*shape: int, first: int = 1) -> dict[str, Tensor]:
    words = np.arange(first, first + np.prod(shape), dtype=np.float32).reshape(shape)
    return {"words": Tensor(words), "mask": Tensor(np.ones(shape, np.float32))}


def tried(engine: Encoder, shape: tuple[int, ...] = (1, 5), **how: bool) -> Padding | None:
    return try_padding(engine, sentence(*shape), atol=1e-4, rtol=1e-3, **how)


def test_an_output_that_grows_with_an_input_is_found_and_trimmed() -> None:
    assert tried(Encoder()) == Padding((Follow("y", 1, "words", 1),))
    assert tried(Pooled(), (2, 5)) == Padding()
    halving = tried(Halving(), (1, 3, 32, 32))
    assert halving == Padding(
        (Follow("y", 2, "words", 2, Fraction(1, 2)), Follow("y", 3, "words", 3, Fraction(1, 4))),
    )


def test_a_model_without_open_axes_needs_no_padding() -> None:
    assert tried(Fixed()) is None


@pytest.mark.parametrize(
    ("engine", "says"),
    [
        (Mean(), r"padding changes its answer to its own example by up to 2.* with --auto_padding near"),
        (Pairs(), r"axis 1 of output 'y' grows from 25 to \d+ with no input's axis"),
        (Square(), r"in one size only \(five words, please\)"),
    ],
)
def test_a_model_that_sees_the_filling_is_refused(engine: Encoder, says: str) -> None:
    with pytest.raises(Unsupported, match=says):
        tried(engine)


def test_inputs_of_different_batch_sizes_cannot_be_tried() -> None:
    with pytest.raises(BadInput, match="different numbers of instances"):
        try_padding(Encoder(), {**sentence(1, 5), "mask": Tensor(np.ones((2, 5), np.float32))}, atol=0, rtol=0)


def test_who_accepts_a_difference_is_told_how_large_it_is(caplog: pytest.LogCaptureFixture) -> None:
    assert tried(Mean(), may_differ=True) == Padding()
    assert "padding changes this model's answer to its own example by up to 2" in caplog.text


def test_padded_requests_come_apart_as_they_went_in() -> None:
    padding = tried(Halving(), (1, 3, 32, 32))
    assert padding is not None
    requests = [sentence(2, 3, 8, 4), sentence(1, 3, 4, 16, first=500)]
    merged = padding.merge(requests)
    assert merged["words"].array.shape == (3, 3, 8, 16)
    answer = Halving().run(merged)["y"].array
    for part, own in zip((answer[:2], answer[2:]), requests, strict=True):
        expected = Halving().run(own)["y"].array
        np.testing.assert_array_equal(padding.trim({"y": Tensor(part)}, own)["y"].array, expected)


def test_sequences_are_padded_behind_their_offsets() -> None:
    requests = [{"w": Tensor(np.ones((2, 1)), (0, 2))}, {"w": Tensor(np.ones((3, 2)), (0, 1, 3))}]
    merged = Padding().merge(requests)["w"]
    assert (merged.lod, merged.array.tolist()) == ((0, 2, 3, 5), [[1, 0], [1, 0], [1, 1], [1, 1], [1, 1]])


def test_requests_far_apart_in_size_do_not_share_a_run() -> None:
    batch = PaddedBatch.of(Padding(), sentence(1, 10))
    assert batch.admits(sentence(1, 12))
    assert not batch.admits(sentence(1, 40))
    assert not batch.admits(sentence(1, 10, 1))
    assert batch.admits(sentence(1, 8))


def test_a_size_that_does_not_divide_evenly_is_not_padded() -> None:
    batch = PaddedBatch.of(Padding((Follow("y", 2, "words", 2, Fraction(1, 2)),)), sentence(1, 3, 8, 8))
    assert not batch.admits(sentence(1, 3, 9, 8))
    assert batch.admits(sentence(1, 3, 10, 8))


@on_loop
async def test_different_shapes_share_a_run_where_padding_is_allowed() -> None:
    engine = DoublingEngine()
    scheduler = Scheduler(engine, max_batch=8, padding=Padding((Follow("y", 1, "x", 1),)))
    async with held(engine, scheduler):
        narrow = scheduler.submit({"x": Tensor(np.ones((1, 3), np.float32))})
        wide = scheduler.submit({"x": Tensor(np.ones((1, 4), np.float32))})
        engine.gate.set()
        assert (await narrow)["y"].array.tolist() == [[2, 2, 2]]
        assert (await wide)["y"].array.tolist() == [[2, 2, 2, 2]]
    assert engine.runs == [1, 2]


@on_loop
async def test_padded_runs_hold_a_power_of_two() -> None:
    engine = DoublingEngine()
    scheduler = Scheduler(engine, max_batch=8, padding=Padding((Follow("y", 1, "x", 1),)))
    async with held(engine, scheduler):
        futures = [scheduler.submit({"x": Tensor(np.ones((1, 3), np.float32))}) for _ in range(7)]
        engine.gate.set()
        for future in futures:
            await future
    assert engine.runs == [1, 4, 2, 1]
