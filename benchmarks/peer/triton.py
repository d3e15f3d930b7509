"""Triton without its container: the server that the Python package nvidia-pytriton carries."""

import os
import shutil
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.peer.model import FEED, FETCH, Made
from benchmarks.peer.peer import SERVICES, Job, Peer
from benchmarks.peer.question import Questions, Wire, open_inference_binary, open_inference_json

_VERSION = sysconfig.get_python_version()
_PLACE = Path("lib", f"python{_VERSION}", "site-packages", "pytriton", "tritonserver")
# One thread of HTTP costs least on one core: 2 and 8 were measured and took 4 to 16 % more processor time.
_HTTP = ("--http-address", "127.0.0.1", "--http-thread-count", "1")
_FLAGS = (*_HTTP, "--allow-grpc", "false", "--allow-metrics", "false", "--log-info", "false")
_PACKAGES = ("nvidia-pytriton", "onnxruntime")


def configuration(made: Made, backend: str) -> str:
    """Return a model's config.pbtxt: one instance on the CPU, merging what waits as far as the model gains by it."""
    shape, outputs = (", ".join(map(str, sizes[1:])) for sizes in (made.array.shape, made.expected.shape))
    batch = made.model.batch
    return (
        f'name: "{made.slug}"\nbackend: "{backend}"\nmax_batch_size: {batch}\n'
        f"{'dynamic_batching { }' if batch > 1 else ''}\n"
        f'input [{{ name: "{FEED}" data_type: TYPE_FP32 dims: [{shape}] }}]\n'
        f'output [{{ name: "{FETCH}" data_type: TYPE_FP32 dims: [{outputs}] }}]\n'
        "instance_group [{ kind: KIND_CPU count: 1 }]\n"
        'parameters [{ key: "intra_op_thread_count" value: { string_value: "1" } }]\n'
    )


def _server(python: Path) -> Path:
    return python.parent.parent / _PLACE


def _questions(made: Made) -> Questions:
    path = f"/v2/models/{made.slug}/infer"
    return {Wire.JSON: open_inference_json(path, made), Wire.BINARY: open_inference_binary(path, made)}


def _command(job: Job, backend: str) -> Sequence[str]:
    """Lay a model repository and a folder of backends out; return the command that serves them."""
    server, version, backends = (
        _server(job.python),
        job.folder / "models" / job.made.slug / "1",
        job.folder / "backends",
    )
    version.mkdir(parents=True)
    shutil.copy(job.made.onnx, version / "model.onnx")
    shutil.copy(SERVICES / "triton_model.py", version / "model.py")
    shutil.copy(SERVICES / "session.py", version)
    (version.parent / "config.pbtxt").write_text(configuration(job.made, backend), "utf-8")
    (backends / backend).mkdir(parents=True)
    stub = server / "python_backend_stubs" / _VERSION / "triton_python_backend_stub"
    for part in (stub, *(server / "backends" / backend).glob("*")):
        (backends / backend / part.name).symlink_to(part)  # it looks for its libraries beside the file behind the link
    places = ["--model-repository", str(version.parents[1]), "--backend-directory", str(backends)]
    return [str(server / "bin" / "tritonserver"), *places, "--http-port", str(job.port), *_FLAGS]


def _variables(job: Job) -> Mapping[str, str]:
    """Let the backend find its interpreter's library, and by the path the packages of its environment."""
    library = sysconfig.get_config_var("LIBDIR") or ""
    return {"LD_LIBRARY_PATH": str(library), "PATH": f"{job.python.parent}:{os.environ['PATH']}"}


PYTHON = Peer(
    name="triton",
    title="Triton, Python backend",
    settings="HTTP in C++ on one thread, one instance; merges up to 32 (m1), 8 (m2), 1 (m3) requests; no added delay",
    command=lambda job: _command(job, "python"),
    questions=_questions,
    lock="triton-server",
    packages=_PACKAGES,
    variables=_variables,
)


def _without_backend(_: Made) -> str | None:
    if (_server(PYTHON.python()) / "backends" / "onnxruntime").is_dir():
        return None
    return "the package nvidia-pytriton carries Triton with its Python backend only; this one comes in the container"


ONNX = Peer(
    name="triton-onnx",
    title="Triton, ONNX Runtime backend",
    settings="as with the Python backend, but without Python anywhere",
    command=lambda job: _command(job, "onnxruntime"),
    questions=_questions,
    lock="triton-server",
    packages=("nvidia-pytriton",),
    variables=_variables,
    missing=_without_backend,
)
