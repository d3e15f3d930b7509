"""Operations that take a part of a tensor, or take it apart."""

from itertools import accumulate
from types import EllipsisType
from typing import TypeAlias

from serving_kit.convert.tfjs.call import Call, Result, operation
from serving_kit.convert.tfjs.flow import Flow

Index: TypeAlias = int | slice | EllipsisType | None


@operation("StridedSlice")
def strided_slice(call: Call) -> Flow:
    """Slice as Python does; masks say what begins, ends and steps mean (`indices`)."""
    return Flow(call.tensor(0)[indices(call)])


@operation("Slice")
def plain_slice(call: Call) -> Flow:
    """Take sizes from begins, axis by axis; -1 takes all that is left."""
    parts = zip(call.numbers(1), call.numbers(2), strict=True)
    return Flow(call.tensor(0)[tuple(slice(begin, None if size < 0 else begin + size) for begin, size in parts)])


@operation("Split")
def split(call: Call) -> Result:
    """Cut an axis, which the first input names, into equal parts."""
    return _parts(call, 1, call.attribute("num_split"), call.numbers(0)[0])


@operation("SplitV")
def split_by_sizes(call: Call) -> Result:
    """Cut an axis, which the third input names, into parts of the sizes of the second."""
    return _parts(call, 0, call.numbers(1), call.numbers(2)[0])


def indices(call: Call) -> tuple[Index, ...]:
    """Return a StridedSlice as Python writes it.

    Bit k of a mask speaks of the k-th entry (https://www.tensorflow.org/api_docs/python/tf/strided_slice).
    """
    bounds = zip(call.numbers(1), call.numbers(2), call.numbers(3), strict=True)
    return tuple(_index(call, 1 << place, *bound) for place, bound in enumerate(bounds))


def _parts(call: Call, number: int, sections: int | list[int], axis: int) -> Result:
    # By slices: Paddle's own split warns once in every process that its arguments are not PyTorch's.
    tensor = call.tensor(number)
    sizes = [tensor.shape[axis] // sections] * sections if isinstance(sections, int) else sections
    before = (slice(None),) * (axis % len(tensor.shape))
    ends = list(accumulate(sizes))
    return tuple(Flow(tensor[(*before, slice(end - size, end))]) for end, size in zip(ends, sizes, strict=True))


def _index(call: Call, bit: int, begin: int, end: int, step: int) -> Index:
    def masked(name: str) -> bool:
        return bool(call.attribute(f"{name}_mask", 0) & bit)

    if masked("ellipsis"):
        return Ellipsis
    if masked("new_axis"):
        return None
    if masked("shrink_axis"):
        return begin
    return slice(None if masked("begin") else begin, None if masked("end") else end, step)
