"""MobileNetV2 in PyTorch, as torchvision names its weights, ending in probabilities."""

from typing import Any

_HALVING = (2, 4, 7, 14)  # the blocks that look at every second pixel


def answer(torch: Any, weights: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the probabilities of 1,000 classes for `image` [N, 3, 224, 224], as `feature_map`."""
    functional = torch.nn.functional

    def conv(flow: Any, name: str, norm: str, stride: int = 1, bounded: bool = True) -> Any:
        kernel = weights[f"{name}.weight"]
        groups = flow.shape[1] // kernel.shape[1]
        flow = functional.conv2d(flow, kernel, stride=stride, padding=kernel.shape[2] // 2, groups=groups)
        statistics = (weights[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        flow = functional.batch_norm(flow, *statistics)
        return functional.relu6(flow) if bounded else flow

    flow = conv(inputs["image"], "features.0.0", "features.0.1", stride=2)
    for number in range(1, 18):
        block, stride = f"features.{number}.conv", 2 if number in _HALVING else 1
        came = flow
        widens = f"{block}.2.weight" in weights and weights[f"{block}.2.weight"].dim() == 4
        if widens:
            flow = conv(flow, f"{block}.0.0", f"{block}.0.1")
        deep = 1 if widens else 0
        flow = conv(flow, f"{block}.{deep}.0", f"{block}.{deep}.1", stride=stride)
        flow = conv(flow, f"{block}.{deep + 1}", f"{block}.{deep + 2}", bounded=False)
        flow = came + flow if came.shape == flow.shape else flow
    pooled = conv(flow, "features.18.0", "features.18.1").mean((2, 3))
    scores = functional.linear(pooled, weights["classifier.1.weight"], weights["classifier.1.bias"])
    return {"feature_map": functional.softmax(scores, dim=1)}
