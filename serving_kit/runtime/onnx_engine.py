"""Run ONNX models with ONNX Runtime: such as cannot become a Paddle program, and exports of those that are one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Self

from serving_kit.errors import BadInput, Internal, ModelFileError, Unsupported
from serving_kit.runtime.options import EngineOptions
from serving_kit.types import Tensor, TensorSpec

_FATAL = 4  # of ONNX Runtime's log levels: its errors arrive as exceptions


def onnxruntime() -> ModuleType:
    """Import ONNX Runtime and return it; Unsupported says how to install it."""
    try:
        import onnxruntime
    except ImportError:
        raise Unsupported("this engine needs onnxruntime; install serving-kit[zoo]") from None
    module: ModuleType = onnxruntime
    return module


class OnnxEngine:
    """One session of ONNX Runtime on the CPU; a session may run in several threads at once, so that clones share it.

    `run` releases the GIL while it computes. Loads in this process: a model that is not proven yet belongs into a trial
    first (see `serving_kit.runtime.load`).
    """

    def __init__(self, session: Any, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> None:
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self._session = session
        self._feeds = [port.name for port in session.get_inputs()]
        self._fetches = [port.name for port in session.get_outputs()]
        self._options = onnxruntime().RunOptions()  # else each run makes one, which takes longer than a tiny model

    @classmethod
    def load(
        cls, program: Path, options: EngineOptions, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]
    ) -> Self:
        """Load an ONNX file; ModelFileError where ONNX Runtime refuses it."""
        module = onnxruntime()
        try:
            session = module.InferenceSession(
                str(program), _settings(module, options), providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # noqa: BLE001 - ONNX Runtime raises whatever its C++ threw
            raise ModelFileError(
                f"{program} cannot be loaded by ONNX Runtime ({_summary(error)}); fetch or export it again"
            ) from None
        return cls(session, inputs, outputs)

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Compute all outputs by real name; BadInput for a missing input, Internal where the tensors are refused."""
        try:
            arrays = self._session.run(self._fetches, {name: feeds[name].array for name in self._feeds}, self._options)
        except KeyError:
            missing = sorted(set(self._feeds) - feeds.keys())
            raise BadInput(f"the model needs {sorted(self._feeds)}; {missing} are missing") from None
        except Exception as error:  # noqa: BLE001 - as above
            raise Internal(f"the engine failed: {_summary(error)}") from None
        return {name: Tensor(array) for name, array in zip(self._fetches, arrays, strict=True)}

    def clone(self) -> "OnnxEngine":
        """Return an engine for another thread on the same session."""
        return OnnxEngine(self._session, self.inputs, self.outputs)


def check_options(options: EngineOptions) -> None:
    """Raise Unsupported, naming the flag, for what ONNX Runtime is not asked to do here."""
    refused = {
        "--gpu_ids": options.gpu_ids,
        "--use_trt": options.use_trt,
        "--use_xpu": options.use_xpu,
        "--use_ascend_cl": options.use_ascend_cl,
        "--use_lite": options.use_lite,
        f"--precision {options.precision}": options.precision != "fp32",
    }
    for flag, asked in refused.items():
        if asked:
            raise Unsupported(
                f"{flag} cannot be honoured: an ONNX model that is served as it is runs on the CPU, in the precision "
                "it was exported with; leave the flag out or convert the model to Paddle"
            )


def _settings(module: ModuleType, options: EngineOptions) -> Any:
    settings = module.SessionOptions()
    settings.intra_op_num_threads = options.cpu_threads
    settings.inter_op_num_threads = 1
    settings.enable_mem_pattern = options.memory_optim
    settings.log_severity_level = _FATAL
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads would eat a small machine
    if not options.ir_optim:
        settings.graph_optimization_level = module.GraphOptimizationLevel.ORT_DISABLE_ALL
    return settings


def _summary(error: BaseException) -> str:
    """Return the telling part of an error: `[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : what happened`, on one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text.rpartition("[ONNXRuntimeError] : ")[2].removesuffix(".")
