"""Export a layer of Paddle's with seeded weights, as a Paddle program and as ONNX, and as model directories of both."""

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from serving_kit.convert import inference_model_to_serving
from serving_kit.runtime import framework
from serving_kit.runtime.onnx_engine import onnxruntime
from serving_kit.types import Array

_OPSET = 17
_SAMPLES = 4


@dataclass(frozen=True)
class Exported:
    """One ONNX file, and the model directories around it and around the Paddle program."""

    onnx: Path
    directory: Path
    paddle_directory: Path


def export(build: Callable[[], Any], shape: tuple[int, ...], folder: Path, names: tuple[str, str]) -> Exported:
    """Export what `build` returns, its first axis free, its input and output named as `names` says.

    The weights are seeded, and the statistics of batch normalisation are those of seeded noise: without them the
    answers of deep models are too small or too large to be compared.
    """
    layer = _seeded(build, shape)
    argument = next(iter(inspect.signature(layer.forward).parameters))
    spec = paddle().static.InputSpec([None, *shape[1:]], "float32", name=argument)
    paddle().jit.save(layer, str(folder / "saved" / "inference"), [spec])
    onnx = _to_onnx(folder / "saved", folder / "onnx" / "model.onnx", names)
    feed, fetch = names
    return Exported(
        onnx,
        _directory(onnx.parent, folder / "served", feed, fetch, engine="onnxruntime"),
        _directory(folder / "saved", folder / "paddle", feed, fetch, engine="paddle"),
    )


def answer(onnx: Path, feeds: Mapping[str, Array]) -> Array:
    """Return a model's first output as ONNX Runtime computes it in this process."""
    options = onnxruntime().SessionOptions()
    options.log_severity_level = 3  # errors only: it warns of every constant that it folds
    session = onnxruntime().InferenceSession(str(onnx), options, providers=["CPUExecutionProvider"])
    output: Array = session.run(None, dict(feeds))[0]
    return output


def paddle() -> ModuleType:
    """Import Paddle and return it."""
    return framework.paddle()


def _seeded(build: Callable[[], Any], shape: tuple[int, ...]) -> Any:
    paddle().seed(0)
    layer = build()
    for part in layer.sublayers():
        if isinstance(part, paddle().nn.BatchNorm2D):
            part._momentum = 0.0  # of the statistics so far
    layer.train()
    with paddle().no_grad(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="When training", category=UserWarning)
        layer(paddle().randn([_SAMPLES, *shape[1:]]))
    layer.eval()
    return layer


def _to_onnx(saved: Path, path: Path, names: tuple[str, str]) -> Path:
    import onnx
    import paddle2onnx

    path.parent.mkdir(parents=True)
    program, weights = str(saved / "inference.json"), str(saved / "inference.pdiparams")
    # Its optimiser would install packages of its own at run time; ONNX Runtime folds constants anyway.
    paddle2onnx.export(program, weights, str(path), opset_version=_OPSET, optimize_tool="none")
    model = onnx.load(path)
    ports = (*model.graph.input, *model.graph.output)
    _rename(model.graph, {port.name: name for port, name in zip(ports, names, strict=True)})
    onnx.save(model, path)
    return path


def _rename(graph: Any, names: Mapping[str, str]) -> None:
    for port in (*graph.input, *graph.output):
        port.name = names[port.name]
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]


def _directory(saved: Path, folder: Path, feed: str, fetch: str, *, engine: Any) -> Path:
    server, client = (str(folder / f"serving_{side}") for side in ("server", "client"))
    inference_model_to_serving(
        str(saved), server, client, feed_alias_names=feed, fetch_alias_names=fetch, engine=engine
    )
    return folder
