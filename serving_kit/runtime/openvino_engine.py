"""Run ONNX models, and Paddle's `.pdmodel` programs, with OpenVINO on the CPU."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Self

from serving_kit.errors import BadInput, Internal, ModelFileError, Unsupported
from serving_kit.runtime.framework import core_count, program_messages
from serving_kit.runtime.options import EngineOptions
from serving_kit.types import Tensor, TensorSpec

_FIRST_VERSION = 2000000  # of the programs that OpenVINO's reader takes; 0 stands for a development build of Paddle


def openvino() -> ModuleType:
    """Import OpenVINO and return it; Unsupported says how to install it."""
    try:
        import openvino
    except ImportError:
        raise Unsupported("--engine openvino needs openvino; install serving-kit[zoo] or use --engine paddle") from None
    module: ModuleType = openvino
    return module


class OpenvinoEngine:
    """One infer request of a compiled model; clones are further requests of the same model and share its weights.

    `run` releases the GIL while it computes. Requests run at the same time on as many streams as there are cores for
    `cpu_threads` each. Loads in this process: a model that is not proven yet belongs into a trial first (see
    `serving_kit.runtime.load`).
    """

    def __init__(self, compiled: Any, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> None:
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self._compiled = compiled
        self._tensor: Any = openvino().Tensor
        self._request = compiled.create_infer_request()
        self._feeds = _numbered(compiled.inputs, inputs)
        self._fetches = _numbered(compiled.outputs, outputs)

    @classmethod
    def load(
        cls,
        program: Path,
        params: Path | None,
        options: EngineOptions,
        inputs: Sequence[TensorSpec],
        outputs: Sequence[TensorSpec],
    ) -> Self:
        """Load an ONNX file, or a program with its parameters; ModelFileError where OpenVINO refuses them."""
        module = openvino()
        try:
            core = module.Core()
            model = core.read_model(str(program), str(params)) if params else core.read_model(str(program))
            compiled = core.compile_model(model, "CPU", _settings(options))
        except Exception as error:  # noqa: BLE001 - OpenVINO raises whatever its C++ threw
            raise ModelFileError(
                f"{program} cannot be loaded by OpenVINO ({_summary(error)}); use --engine paddle"
            ) from None
        return cls(compiled, inputs, outputs)

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Compute all outputs by real name; BadInput for a missing input, Internal where the tensors are refused."""
        request = self._request
        try:
            for name, number in self._feeds:
                request.set_input_tensor(number, self._wrapped(feeds[name].array))
            request.infer(share_inputs=True, share_outputs=True)
            # what the next run would write over is copied here
            return {name: Tensor(request.get_output_tensor(number).data.copy()) for name, number in self._fetches}
        except KeyError:
            wanted = sorted(name for name, _ in self._feeds)
            raise BadInput(f"the model needs {wanted}; {sorted(set(wanted) - feeds.keys())} are missing") from None
        except Exception as error:  # noqa: BLE001 - as above
            raise Internal(f"the engine failed: {_summary(error)}") from None

    def clone(self) -> "OpenvinoEngine":
        """Return an engine for another thread on the same compiled model."""
        return OpenvinoEngine(self._compiled, self.inputs, self.outputs)

    def _wrapped(self, array: Any) -> Any:
        """Hand an array over as it lies in memory where OpenVINO takes it so, else as a copy."""
        flags = array.flags
        return (
            self._tensor(array, shared_memory=True) if flags.writeable and flags.c_contiguous else self._tensor(array)
        )


def reads(program: Path) -> bool:
    """Tell whether OpenVINO reads a Paddle program as it is: a `.pdmodel` of Paddle 2.0 or later, and no PIR."""
    if program.suffix != ".pdmodel":
        return False
    version: int = program_messages().ProgramDesc.FromString(program.read_bytes()).version.version
    return version == 0 or version >= _FIRST_VERSION


def _numbered(ports: Sequence[Any], specs: Sequence[TensorSpec]) -> list[tuple[str, int]]:
    """Pair the model's names with port numbers; OpenVINO knows a port by several names."""
    known = {spec.name for spec in specs}
    return [(name, number) for number, port in enumerate(ports) for name in sorted(known & set(port.get_names()))]


def _settings(options: EngineOptions) -> dict[str, Any]:
    streams = max(1, core_count() // options.cpu_threads)
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": streams,
        "INFERENCE_NUM_THREADS": streams * options.cpu_threads,
        "INFERENCE_PRECISION_HINT": "bf16" if options.precision in ("bf16", "fp16") else "f32",
        "ENABLE_CPU_PINNING": False,  # several processes would all be pinned to the same first cores
    }


def _summary(error: BaseException) -> str:
    """Return the telling line of an error, whose text starts with the places in C++ that it came through."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("Exception from", "FrontEnd API failed"))]
    return (telling or lines or [type(error).__name__])[-1].removesuffix(".")
