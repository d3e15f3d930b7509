"""MLServer, the Open Inference Protocol's reference server in Python."""

from benchmarks.peer.model import Made
from benchmarks.peer.peer import Peer, service
from benchmarks.peer.question import Questions, Wire, open_inference_json, raw


def _questions(made: Made) -> Questions:
    return {Wire.JSON: open_inference_json(f"/v2/models/{made.slug}/infer", made), Wire.BINARY: raw("/binary", made)}


MLSERVER = Peer(
    name="mlserver",
    title="MLServer",
    settings="the model in the server's process (parallel_workers 0), no metrics, no compression, uvloop; JSON by "
    "the Open Inference Protocol, binary by a custom handler, since its REST has no binary tensors; its "
    "adaptive batching is off",
    command=lambda job: service("mlserver_service.py", job),
    questions=_questions,
    lock="mlserver",
    packages=("mlserver", "fastapi", "uvicorn", "uvloop", "orjson", "onnxruntime"),
)
