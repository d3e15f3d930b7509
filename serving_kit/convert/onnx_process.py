"""The child process of an ONNX conversion: noisy, crash-prone libraries stay in here.

`python -m serving_kit.convert.onnx_process translate <model.onnx> <folder>` leaves a Paddle model in the folder and its
ONNX names in `names.json`; `... fold ...` does so once ONNX Runtime has computed what is constant; `... answer ...`
runs ONNX Runtime on the first `feeds-<n>.npz` that it takes and leaves `answer.npz` and, in `taken.json`, that file's
name.
"""

import json
import sys
from pathlib import Path

from serving_kit.convert.onnx_rewrite import replace_hard_swish
from serving_kit.runtime import golden
from serving_kit.runtime.framework import paddle

OPSETS = range(7, 16)  # what x2paddle 1.6 reads


def translate(model_path: Path, folder: Path) -> None:
    """Turn an ONNX model into `folder/paddle/inference_model/` and note the names of its inputs and outputs."""
    import onnx

    model = onnx.load(str(model_path))
    opset = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    if opset not in OPSETS:
        sys.exit(f"it has opset {opset}; export it with one of {OPSETS.start} to {OPSETS.stop - 1}")
    if replace_hard_swish(model):
        model_path = folder / "rewritten.onnx"
        onnx.save(model, str(model_path))
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [port.name for port in model.graph.input if port.name not in weights]
    names = {"inputs": inputs, "outputs": [port.name for port in model.graph.output]}
    (folder / "names.json").write_text(json.dumps(names), encoding="utf-8")
    paddle()
    from x2paddle.convert import onnx2paddle

    onnx2paddle(str(model_path), str(folder / "paddle"), disable_feedback=True)  # else it reports home


def fold(model_path: Path, folder: Path) -> None:
    """Translate what ONNX Runtime makes of the model at its basic level: plain ONNX, constants computed."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(folder / "folded.onnx")
    onnxruntime.InferenceSession(str(model_path), options, providers=["CPUExecutionProvider"])
    translate(folder / "folded.onnx", folder)


def answer(model_path: Path, folder: Path) -> None:
    """Compute with ONNX Runtime, on one thread so that the answer does not depend on the machine's cores."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model_path), options, providers=["CPUExecutionProvider"])
    names = [port.name for port in session.get_outputs()]
    refusal = ""
    for path in sorted(folder.glob("feeds-*.npz")):
        try:
            arrays = session.run(names, golden.load(path))
        except Exception as error:  # noqa: BLE001 - made-up input may be refused in any way
            refusal = refusal or str(error)
            continue
        golden.save(folder / "answer.npz", dict(zip(names, arrays, strict=True)))
        (folder / "taken.json").write_text(json.dumps(path.name), encoding="utf-8")
        return
    sys.exit(refusal)


if __name__ == "__main__":
    {"translate": translate, "fold": fold, "answer": answer}[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
