"""MiniLM in Paddle, a BERT of six layers, from safetensors; the mean over the words and its length are in the model.

The layers are BERT's (Devlin et al., 2019), which normalises after each sum; names and numbers are those of the file
`config.json` beside the weights.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from serving_kit.convert import torch_runtime
from serving_kit.convert.safetensors_state import read_safetensors
from serving_kit.convert.translation import Reference
from serving_kit.errors import BadInput
from serving_kit.runtime.framework import paddle as paddle_module
from zoo.exporter import network

PROGRAM = Path(__file__).parent / "reference" / "minilm.py"
NEEDS = (Path(network.__file__), PROGRAM)

_HEADS = 12
_EPSILON = 1e-12
_UNUSED = ("pooler.", "embeddings.position_ids")  # the first word's answer, which the mean replaces; row numbers


def export(destination: Path, weights: Path | None, seed: int) -> None:  # noqa: ARG001 - nothing is drawn
    """Write `destination/model.json` and `model.pdiparams`: sentences in, directions [-1, H] of length 1 out.

    `input_ids` and `attention_mask` are int64 [-1, -1]: the words' numbers, and 1 where a word stands, 0 behind the
    end. `weights` is BERT's state dict as safetensors. BadInput where it is another network's.
    """
    if weights is None:
        raise BadInput("minilm takes its sizes from weights; give the card a source that has them")
    state = {name: array for name, array in read_safetensors(weights).items() if not name.startswith(_UNUSED)}
    if "embeddings.word_embeddings.weight" not in state or "encoder.layer.0.output.dense.weight" not in state:
        raise BadInput(f"the weights are not BERT's: they begin with {sorted(state)[:3]}")

    def forward(self: Any, input_ids: Any, attention_mask: Any) -> Any:
        return _directions(self.weights, input_ids, attention_mask)

    words = ((-1, -1), "int64")
    network.save(destination, forward, state, {"input_ids": words, "attention_mask": words})


def reference(weights: Path) -> Reference:
    """Return PyTorch with the same weights."""
    return torch_runtime.reference(PROGRAM, weights, "safetensors")


def _directions(weights: Mapping[str, Any], words: Any, mask: Any) -> Any:
    paddle = paddle_module()
    functional = paddle.nn.functional

    def linear(flow: Any, name: str) -> Any:
        return flow.matmul(weights[f"{name}.weight"], transpose_y=True) + weights[f"{name}.bias"]

    def norm(flow: Any, name: str) -> Any:
        scale, shift = weights[f"{name}.weight"], weights[f"{name}.bias"]
        return functional.layer_norm(flow, flow.shape[-1], scale, shift, epsilon=_EPSILON)

    places = paddle.cumsum(paddle.ones_like(words), axis=1) - 1
    flow = functional.embedding(words, weights["embeddings.word_embeddings.weight"])
    flow = flow + functional.embedding(places, weights["embeddings.position_embeddings.weight"])
    flow = norm(flow + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    seen = mask.astype("float32")
    number = 0
    while f"encoder.layer.{number}.output.dense.weight" in weights:
        layer = f"encoder.layer.{number}"
        heard = _attention(functional, flow, (1 - seen.unsqueeze([1, 2])) * -1e9, linear, f"{layer}.attention.self")
        flow = norm(flow + linear(heard, f"{layer}.attention.output.dense"), f"{layer}.attention.output.LayerNorm")
        wide = functional.gelu(linear(flow, f"{layer}.intermediate.dense"))
        flow = norm(flow + linear(wide, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
        number += 1
    shares = seen.unsqueeze(-1)
    return functional.normalize((flow * shares).sum(1) / shares.sum(1), axis=1)


def _attention(functional: Any, flow: Any, unseen: Any, linear: Callable[[Any, str], Any], name: str) -> Any:
    """Return what each word takes from all others; `unseen` is far below zero where there is no word."""
    width = flow.shape[-1]
    query, key, value = (
        linear(flow, f"{name}.{part}").reshape([0, 0, _HEADS, width // _HEADS]).transpose([0, 2, 1, 3])
        for part in ("query", "key", "value")
    )
    shares = functional.softmax(query.matmul(key, transpose_y=True) * (width // _HEADS) ** -0.5 + unseen)
    return shares.matmul(value).transpose([0, 2, 1, 3]).reshape([0, 0, width])
