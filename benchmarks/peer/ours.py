"""This server, in the settings that the comparison shows."""

from collections.abc import Sequence

from benchmarks.peer.model import Made
from benchmarks.peer.peer import Job, Peer
from benchmarks.peer.question import Questions, Wire, open_inference_binary, open_inference_json

NAME = "ours"
"""The row that all others are divided by."""


def _questions(made: Made) -> Questions:
    path = f"/v2/models/{made.slug}/infer"
    return {Wire.JSON: open_inference_json(path, made), Wire.BINARY: open_inference_binary(path, made)}


def _command(job: Job, directory: str, flags: Sequence[str]) -> Sequence[str]:
    words = ["-m", "serving_kit.serve", "--model", directory, "--name", job.made.slug, "--port", str(job.port)]
    return [str(job.python), *words, "--workdir", str(job.folder / "work"), *flags]


def variant(name: str, title: str, settings: str, *flags: str) -> Peer:
    """Return this server with further flags, on the ONNX file that every server has."""
    command = lambda job: _command(job, str(job.made.directory), flags)  # noqa: E731
    return Peer(name=name, title=title, settings=settings, command=command, questions=_questions)


DEFAULT = variant(NAME, "this server", "one process, flags as they come, ONNX Runtime")
BATCHED = Peer(
    name="ours-batched",
    title="this server, batching",
    settings="the same, merging requests into batches as large as Mosec's: --runtime_thread_num 1 --batch_infer_size N",
    command=lambda job: _command(
        job,
        str(job.made.directory),
        ("--runtime_thread_num", "1", "--batch_infer_size", str(job.made.model.batch)),
    ),
    questions=_questions,
)
AUTO = Peer(
    name="ours-auto",
    title="this server, --engine auto",
    settings="on the Paddle model that the ONNX file was made of; the first start measures which engine is fastest",
    command=lambda job: _command(job, str(job.made.paddle_directory), ("--engine", "auto")),
    questions=_questions,
)
