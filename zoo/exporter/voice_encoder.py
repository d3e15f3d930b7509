"""Resemblyzer's voice encoder in Paddle: an LSTM of three layers, of whose last state one layer makes an embedding.

The network is that of Wan et al., Generalized End-to-End Loss for Speaker Verification (2018). Its weights come inside
the checkpoint of a training, with the optimiser's numbers beside them, so PyTorch itself takes them out.
"""

from pathlib import Path
from typing import Any

import numpy as np

from serving_kit.convert import torch_runtime
from serving_kit.convert.translation import Reference
from serving_kit.errors import BadInput
from serving_kit.runtime.framework import paddle as paddle_module
from serving_kit.types import Array

PROGRAM = Path(__file__).parent / "reference" / "voice_encoder.py"
STATE_PROGRAM = Path(__file__).parent / "reference" / "voice_encoder_state.py"
NEEDS = (PROGRAM, STATE_PROGRAM)

_FRAMES = 160  # of a part of a sound, 1.6 seconds
_OF_TRAINING = {"similarity_weight", "similarity_bias"}  # what the loss scales cosines with


def export(destination: Path, weights: Path | None, seed: int) -> None:  # noqa: ARG001 - nothing is drawn
    """Write `destination/model.json` and `model.pdiparams`: `mels` [-1, 160, 40] in, embeddings [-1, 256] out.

    `weights` is Resemblyzer's checkpoint. BadInput where its network is another.
    """
    if weights is None:
        raise BadInput("voice_encoder takes its sizes from weights; give the card a source that has them")
    state = {name: array for name, array in _state(weights).items() if name not in _OF_TRAINING}
    if not {"lstm.weight_ih_l0", "lstm.weight_hh_l0", "linear.weight"} <= state.keys():
        raise BadInput(f"the weights are not the voice encoder's: they begin with {sorted(state)[:3]}")
    paddle = paddle_module()
    served = _encoder(paddle, state)
    shape = paddle.static.InputSpec([None, _FRAMES, state["lstm.weight_ih_l0"].shape[1]], "float32", name="mels")
    paddle.jit.save(served, str(destination / "model"), input_spec=[shape])


def reference(weights: Path) -> Reference:
    """Return PyTorch with the same weights."""
    return torch_runtime.reference(PROGRAM, weights)


def _state(weights: Path) -> dict[str, Array]:
    tensors = torch_runtime.reference(STATE_PROGRAM, weights).answer({})
    return {name: tensor.array for name, tensor in tensors.items()}


def _encoder(paddle: Any, state: dict[str, Array]) -> Any:
    """Return the network with its weights: the LSTM's are the same in both frameworks, the linear layer's turn."""
    size, bands = state["lstm.weight_hh_l0"].shape[1], state["lstm.weight_ih_l0"].shape[1]
    layers = sum(name.startswith("lstm.weight_hh_") for name in state)

    class Encoder(paddle.nn.Layer):  # type: ignore[misc] # Paddle is imported late, so its classes are not known here
        def __init__(self) -> None:
            super().__init__()
            self.lstm = paddle.nn.LSTM(bands, size, layers)
            self.linear = paddle.nn.Linear(size, len(state["linear.bias"]))

        def forward(self, mels: Any) -> Any:
            _, (hidden, _) = self.lstm(mels)
            return paddle.nn.functional.normalize(paddle.nn.functional.relu(self.linear(hidden[-1])), axis=1)

    encoder = Encoder()
    parameters = dict(encoder.named_parameters())
    if parameters.keys() != state.keys():
        raise BadInput(f"the weights are another network's: {sorted(parameters.keys() ^ state.keys())[:3]} differ")
    for name, parameter in parameters.items():
        parameter.set_value(np.ascontiguousarray(state[name].T if name == "linear.weight" else state[name]))
    encoder.eval()
    return encoder
