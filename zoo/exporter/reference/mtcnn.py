"""MTCNN's three networks in PyTorch, each on its own input; names as facenet-pytorch has them."""

from typing import Any


def answer(torch: Any, weights: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """Return what P-Net sees in `canvas`, R-Net in `crops_24` and O-Net in `crops_48`."""
    functional = torch.nn.functional

    def part(name: str) -> tuple[Any, Any]:
        return weights[f"{name}.weight"], weights[f"{name}.bias"]

    def convs(flow: Any, net: str, pools_px: list[int]) -> Any:
        for number, pool_px in enumerate(pools_px, start=1):
            flow = functional.conv2d(flow, *part(f"{net}.conv{number}"))
            flow = functional.prelu(flow, weights[f"{net}.prelu{number}.weight"])
            if pool_px:
                flow = functional.max_pool2d(flow, pool_px, 2, ceil_mode=True)
        return flow

    def dense(flow: Any, name: str) -> Any:
        return functional.linear(flow, *part(name))

    canvas = convs(inputs["canvas"], "pnet", [2, 0, 0])
    small = convs(inputs["crops_24"], "rnet", [3, 3, 0]).permute(0, 3, 2, 1).flatten(1)
    small = functional.prelu(dense(small, "rnet.dense4"), weights["rnet.prelu4.weight"])
    large = convs(inputs["crops_48"], "onet", [3, 3, 2, 0]).permute(0, 3, 2, 1).flatten(1)
    large = functional.prelu(dense(large, "onet.dense5"), weights["onet.prelu5.weight"])
    return {
        "edges_12": functional.conv2d(canvas, *part("pnet.conv4_2")),
        "odds_12": functional.conv2d(canvas, *part("pnet.conv4_1")).softmax(1),
        "edges_24": dense(small, "rnet.dense5_2"),
        "odds_24": dense(small, "rnet.dense5_1").softmax(1),
        "edges_48": dense(large, "onet.dense6_2"),
        "points_48": dense(large, "onet.dense6_3"),
        "odds_48": dense(large, "onet.dense6_1").softmax(1),
    }
