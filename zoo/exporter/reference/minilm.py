"""MiniLM in PyTorch, with its own attention; the mean over the words, scaled to length 1."""

from typing import Any

_HEADS = 12


def answer(torch: Any, weights: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the directions of `input_ids` and `attention_mask`, both [N, T], as `embedding` [N, H]."""
    functional = torch.nn.functional

    def linear(flow: Any, name: str) -> Any:
        return functional.linear(flow, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def norm(flow: Any, name: str) -> Any:
        return functional.layer_norm(flow, flow.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-12)

    words, mask = inputs["input_ids"], inputs["attention_mask"].bool()
    table = "embeddings.{}_embeddings.weight"
    flow = weights[table.format("word")][words] + weights[table.format("position")][: words.shape[1]]
    flow = norm(flow + weights[table.format("token_type")][0], "embeddings.LayerNorm")
    layers = len({name.split(".")[2] for name in weights if name.startswith("encoder.layer.")})
    for number in range(layers):
        layer = f"encoder.layer.{number}"
        parts = (linear(flow, f"{layer}.attention.self.{part}") for part in ("query", "key", "value"))
        heads = (part.unflatten(2, (_HEADS, -1)).transpose(1, 2) for part in parts)
        heard = functional.scaled_dot_product_attention(*heads, attn_mask=mask[:, None, None]).transpose(1, 2)
        heard = linear(heard.flatten(2), f"{layer}.attention.output.dense")
        flow = norm(flow + heard, f"{layer}.attention.output.LayerNorm")
        wide = functional.gelu(linear(flow, f"{layer}.intermediate.dense"))
        flow = norm(flow + linear(wide, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    shares = mask[:, :, None]
    return {"embedding": functional.normalize((flow * shares).sum(1) / shares.sum(1), dim=1)}
