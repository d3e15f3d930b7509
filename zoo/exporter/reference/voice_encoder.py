"""Resemblyzer's voice encoder in PyTorch: the last layer's last state of an LSTM, one linear layer, length 1."""

from typing import Any


def answer(torch: Any, weights: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the embeddings [N, 256] of `mels` [N, T, 40]."""
    state = weights["model_state"]
    layers = {name.removeprefix("lstm."): tensor for name, tensor in state.items() if name.startswith("lstm.")}
    bands, size = layers["weight_ih_l0"].shape[1], layers["weight_hh_l0"].shape[1]
    lstm = torch.nn.LSTM(bands, size, len(layers) // 4, batch_first=True)
    lstm.load_state_dict(layers)
    _, (hidden, _) = lstm(inputs["mels"])
    raw = torch.nn.functional.linear(hidden[-1], state["linear.weight"], state["linear.bias"]).relu()
    return {"embedding": raw / raw.norm(dim=1, keepdim=True)}
