"""A network written as a function of its weights, saved as a Paddle model."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from serving_kit.runtime.framework import paddle as paddle_module
from serving_kit.types import Array

Tensors = Mapping[str, Any]
Forward = Callable[..., Any]


def save(
    destination: Path, forward: Forward, weights: Mapping[str, Array], inputs: Mapping[str, tuple[Sequence[int], str]]
) -> None:
    """Write `destination/model.json` and `model.pdiparams`.

    `forward(self, <inputs>)` computes the outputs with Paddle's functions; it is called once, with `self.weights`
    by their names in the file they come from, so nothing has to be renamed. `inputs` has a shape, -1 where it is open,
    and a dtype for each input by its name, which is that of `forward`'s argument.
    """
    paddle = paddle_module()
    layer = _layer(paddle, forward, weights)
    layer.eval()
    specs = [
        paddle.static.InputSpec([None if size < 0 else size for size in shape], dtype, name=name)
        for name, (shape, dtype) in inputs.items()
    ]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Value do not have 'place'")  # Paddle's own functions ask for it
        paddle.jit.save(layer, str(destination / "model"), input_spec=specs)


def _layer(paddle: Any, forward: Forward, weights: Mapping[str, Array]) -> Any:
    """Return a layer whose parameters are the weights; a Paddle parameter's name may hold no dot."""

    class Network(paddle.nn.Layer):  # type: ignore[misc] # Paddle is imported late, so its classes are not known here
        def __init__(self) -> None:
            super().__init__()
            for name, array in weights.items():
                parameter = self.create_parameter(list(array.shape), dtype=array.dtype.name)
                parameter.set_value(np.ascontiguousarray(array))
                self.add_parameter(name.replace(".", "/"), parameter)

        @property
        def weights(self) -> Tensors:
            held = dict(self.named_parameters())
            return {name: held[name.replace(".", "/")] for name in weights}

    Network.forward = forward  # Paddle reads the inputs' names off its arguments
    return Network()
