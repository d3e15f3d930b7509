"""Run Paddle models with paddle.inference."""

import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from serving_kit.errors import BadInput, Internal, ModelFileError, Unsupported
from serving_kit.runtime import config
from serving_kit.runtime.framework import paddle, summary
from serving_kit.runtime.options import EngineOptions
from serving_kit.types import ElementType, Tensor, TensorSpec

# What paddle.inference takes from numpy and gives back unharmed: INT16 and BF16 arrive as INT32, in silence.
_FLOATS = (ElementType.FP16, ElementType.FP32, ElementType.FP64)
_CARRIED = (*_FLOATS, ElementType.INT8, ElementType.INT32, ElementType.INT64, ElementType.UINT8, ElementType.BOOL)
_MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 - a private folder is made inside it
# Paddle 3.2.2 is not made for two predictors being made at once: every sixtieth process that did so crashed.
_making = threading.Lock()


class PaddleEngine:
    """One paddle.inference predictor.

    `run` releases the GIL while Paddle 3.2 computes, but not while it copies inputs and outputs (3.3 never does). Loads
    in this process: a model that is not proven yet belongs into a trial first (see `serving_kit.runtime.load`).
    """

    def __init__(self, predictor: Any, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> None:
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self._predictor = predictor
        self._feeds = {name: predictor.get_input_handle(name) for name in predictor.get_input_names()}
        self._fetches = {name: predictor.get_output_handle(name) for name in predictor.get_output_names()}

    @classmethod
    def load(
        cls,
        program: Path,
        params: Path | None,
        options: EngineOptions,
        inputs: Sequence[TensorSpec],
        outputs: Sequence[TensorSpec],
    ) -> Self:
        """Load a fluid-era, legacy or PIR program; `params` None means one file a parameter beside `__model__`."""
        try:
            with _making:
                predictor = paddle().inference.create_predictor(config.build(program, params, options))
        except Exception as error:  # noqa: BLE001 - Paddle raises whatever its C++ threw
            raise ModelFileError(
                f"{program.parent} cannot be loaded ({summary(error)}); one of its files is damaged or belongs to "
                "another model, so fetch or convert it again"
            ) from None
        return cls(predictor, inputs, outputs)

    @classmethod
    def load_bytes(
        cls,
        program: bytes,
        params: bytes,
        options: EngineOptions,
        inputs: Sequence[TensorSpec],
        outputs: Sequence[TensorSpec],
    ) -> Self:
        """Load from memory, so that decrypted weights never reach a disk.

        Paddle 3.2 takes a buffer for legacy programs only; a PIR program passes through a private folder in
        /dev/shm, which is memory too and gone when this returns.
        """
        if program[:1] == b"{":
            parent = _MEMORY_FOLDER if _MEMORY_FOLDER.is_dir() else None
            with tempfile.TemporaryDirectory(dir=parent, prefix="serving-kit-") as folder:
                program_path, params_path = Path(folder, "model.json"), Path(folder, "params.pdiparams")
                program_path.write_bytes(program)
                params_path.write_bytes(params)
                return cls.load(program_path, params_path, options, inputs, outputs)
        settings = paddle().inference.Config()
        settings.set_model_buffer(program, len(program), params, len(params))
        config.apply(settings, options, is_pir=False)
        try:
            with _making:
                predictor = paddle().inference.create_predictor(settings)
        except Exception as error:  # noqa: BLE001 - as above
            raise ModelFileError(f"a model in memory cannot be loaded ({summary(error)})") from None
        return cls(predictor, inputs, outputs)

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Compute all outputs by real name; BadInput for a missing input, Internal where Paddle refuses the tensors."""
        missing = self._feeds.keys() - feeds.keys()
        if missing:
            raise BadInput(f"the model needs {sorted(self._feeds)}; {sorted(missing)} are missing")
        try:
            for name, handle in self._feeds.items():
                _feed(handle, feeds[name])
            self._predictor.run()
            return {name: _fetch(handle) for name, handle in self._fetches.items()}
        except Exception as error:  # noqa: BLE001 - Paddle raises whatever its C++ threw
            raise Internal(f"the engine failed: {summary(error)}") from None

    def clone(self) -> "PaddleEngine":
        """Return an engine for another thread; the weights are shared."""
        with _making:
            predictor = self._predictor.clone()
        return PaddleEngine(predictor, self.inputs, self.outputs)


def check_types(specs: Iterable[TensorSpec]) -> None:
    """Refuse a model with an input or output of a type that cannot be handed to Paddle or taken from it."""
    for spec in specs:
        if spec.element_type not in _CARRIED:
            carried = ", ".join(element_type.name for element_type in _CARRIED)
            raise Unsupported(
                f"variable {spec.alias!r} is {spec.element_type.name}, which paddle.inference does not carry; "
                f"export the model with one of {carried}"
            )


def _feed(handle: Any, tensor: Tensor) -> None:
    array = np.ascontiguousarray(tensor.array)
    handle.reshape(list(array.shape))
    handle.copy_from_cpu(array)
    handle.set_lod([list(tensor.lod)] if tensor.lod else [])


def _fetch(handle: Any) -> Tensor:
    lod = handle.lod()
    return Tensor(handle.copy_to_cpu(), tuple(int(offset) for offset in lod[0]) if lod else ())
