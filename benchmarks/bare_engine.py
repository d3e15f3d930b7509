"""An engine with the benchmark's model and nothing else in the process: what no server around it can go below.

`python -m benchmarks.bare_engine paddle|onnxruntime MODEL_DIR` prints its resident memory in bytes.
"""

import sys
from pathlib import Path

import numpy as np
import psutil

ROW = np.ones((1, 13), np.float32)


def main(engine: str, model: str) -> None:
    """Load the model, run it once, and print what the process holds then."""
    server = Path(model) / "serving_server"
    if engine == "paddle":
        _run_paddle(server)
    else:
        _run_onnx(server)
    sys.stdout.write(f"{psutil.Process().memory_info().rss}\n")


def _run_paddle(server: Path) -> None:
    from paddle import inference

    (program,), (params,) = server.glob("*.json"), server.glob("*.pdiparams")
    config = inference.Config(str(program), str(params))
    config.disable_glog_info()
    config.enable_mkldnn()
    predictor = inference.create_predictor(config)
    handle = predictor.get_input_handle(predictor.get_input_names()[0])
    handle.reshape([1, 13])
    handle.copy_from_cpu(ROW)
    predictor.run()


def _run_onnx(server: Path) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(server / "model.onnx"), providers=["CPUExecutionProvider"])
    session.run(None, {session.get_inputs()[0].name: ROW})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
