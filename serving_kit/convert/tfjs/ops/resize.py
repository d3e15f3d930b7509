"""Resizing of images."""

from serving_kit.convert.tfjs.call import Call, operation
from serving_kit.convert.tfjs.flow import Flow
from serving_kit.runtime.framework import paddle


@operation("ResizeBilinear")
def bilinear(call: Call) -> Flow:
    """Resize to [height, width]; pixels are squares with `half_pixel_centers` and points without."""
    image, size = call.planes(0), call.numbers(1)
    if list(image.shape[2:]) == size:
        return Flow(image, planes=True)
    resized = paddle().nn.functional.interpolate(
        image,
        size=size,
        mode="bilinear",
        align_corners=bool(call.attribute("align_corners", False)),
        align_mode=0 if call.attribute("half_pixel_centers", False) else 1,
    )
    return Flow(resized, planes=True)


@operation("ResizeNearestNeighbor")
def nearest(call: Call) -> Flow:
    """Resize to a whole multiple of [height, width], for which all conventions agree."""
    image, size = call.planes(0), call.numbers(1)
    if any(length <= 0 or wanted % length for length, wanted in zip(image.shape[2:], size, strict=True)):
        raise call.refusal(f"resizes {list(image.shape[2:])} to {size}; only whole multiples are supported")
    if call.attribute("align_corners", False):
        raise call.refusal("aligns corners; only align_corners: false is supported")
    return Flow(paddle().nn.functional.interpolate(image, size=size, mode="nearest"), planes=True)
