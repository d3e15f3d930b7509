"""Windows that slide over an image: how far, and over how much padding."""

from dataclasses import dataclass

from serving_kit.convert.tfjs.call import Call

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Window:
    """Sizes in pixels along height and width; `pads` are (before, after) of each."""

    size: Pair
    strides: Pair
    dilations: Pair
    pads: tuple[Pair, Pair]

    @property
    def even(self) -> bool:
        """Whether there is as much padding before as after, which is all that oneDNN is sure to get right."""
        return all(before == after for before, after in self.pads)

    @property
    def can_be_even(self) -> bool:
        """Whether zeros in the window can stand for the padding that lacks on one side."""
        return self.dilations == (1, 1)

    def runs_over(self, height_px: int, width_px: int) -> bool:
        """Whether the padding is just what the last windows reach beyond the image, and nothing stands before it."""
        axes = zip((height_px, width_px), self.size, self.strides, self.pads, strict=True)
        return all(
            before == 0 and -(-(length - size) // stride) == (length + after - size) // stride
            for length, size, stride, (before, after) in axes
        )

    @property
    def around(self) -> list[int]:
        """The padding as `pad` of a [N, C, H, W] tensor wants it: before and after, axis by axis."""
        (top, bottom), (left, right) = self.pads
        return [0, 0, 0, 0, top, bottom, left, right]


def of(call: Call, size: Pair, height_px: int, width_px: int) -> Window:
    """Return the window of a node over an image of this size."""
    strides, dilations = (_spatial(call.attribute(name, (1, 1, 1, 1))) for name in ("strides", "dilations"))
    scheme = call.attribute("padding", "VALID")
    if scheme == "EXPLICIT":
        _, _, top, bottom, left, right, *_ = call.attribute("explicit_paddings")
        return Window(size, strides, dilations, ((top, bottom), (left, right)))
    if scheme == "VALID":
        return Window(size, strides, dilations, ((0, 0), (0, 0)))
    if height_px < 0 or width_px < 0:
        raise call.refusal("pads by SAME an image whose size is not fixed; export the model for one size")
    vertical, horizontal = (
        same(length, window, stride, dilation)
        for length, window, stride, dilation in zip((height_px, width_px), size, strides, dilations, strict=True)
    )
    return Window(size, strides, dilations, (vertical, horizontal))


def same(length: int, window: int, stride: int, dilation: int = 1) -> Pair:
    """Return the padding before and after an axis that TensorFlow calls SAME; an odd pixel goes behind.

    The output has ceil(length / stride) places (https://www.tensorflow.org/api_docs/python/tf/nn, "Notes on padding").
    """
    places = -(-length // stride)
    total = max(0, (places - 1) * stride + (window - 1) * dilation + 1 - length)
    return total // 2, total - total // 2


def _spatial(values: tuple[int, ...]) -> Pair:
    return values[1], values[2]
