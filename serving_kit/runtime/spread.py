"""One engine on each of several GPUs, where each thread gets one of them."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

from serving_kit.runtime import backend
from serving_kit.runtime.engine import Engine
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineOptions
from serving_kit.types import Tensor


class SpreadEngine:
    """Engines of one model on as many devices: `clone` goes round, `run` stays on the first."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self.inputs = engines[0].inputs
        self.outputs = engines[0].outputs
        self._engines = tuple(engines)
        self._turns = itertools.cycle(self._engines)

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Compute on the first device, as `Engine.run` does."""
        return self._engines[0].run(feeds)

    def clone(self) -> Engine:
        """Return an engine for another thread, on the next device; it shares the weights that are there."""
        return next(self._turns).clone()


def load(model: ModelDir, options: EngineOptions) -> Engine:
    """Load a model once on each of `options.gpu_ids`, or on the one device that the options mean otherwise."""
    each = [replace(options, gpu_ids=(number,)) for number in options.gpu_ids] or [options]
    engines = [backend.load(model.program, model.params, one, model.inputs, model.outputs) for one in each]
    return SpreadEngine(engines) if len(engines) > 1 else engines[0]
