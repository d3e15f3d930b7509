"""The weights of Resemblyzer's voice encoder out of its training's checkpoint, where they are one entry of three."""

from typing import Any


def answer(torch: Any, weights: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001
    """Return the network's tensors by name; what the optimiser kept for itself stays behind."""
    return dict(weights["model_state"])
