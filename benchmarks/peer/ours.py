"""This server, in the settings that the comparison shows."""

from collections.abc import Callable, Sequence

from benchmarks.peer.model import Made
from benchmarks.peer.peer import Job, Peer, same_if_unbatched
from benchmarks.peer.question import Questions, Wire, open_inference_binary, open_inference_json

NAME = "ours"
"""The row that all others are divided by; further rows of this server begin with it."""

_METRICS = ("--enable_prometheus", "--prometheus_port", "0")


def _questions(made: Made) -> Questions:
    path = f"/v2/models/{made.slug}/infer"
    return {Wire.JSON: open_inference_json(path, made), Wire.BINARY: open_inference_binary(path, made)}


def _row(
    name: str,
    title: str,
    settings: str,
    flags: Callable[[Made], Sequence[str]],
    missing: Callable[[Made], str | None] = lambda _: None,
) -> Peer:
    """Return this server with flags, `--model` among them."""

    def command(job: Job) -> Sequence[str]:
        place = ["--port", str(job.port), "--workdir", str(job.folder / "work")]
        words = ["-m", "serving_kit.serve", "--name", job.made.slug, *flags(job.made), *place, *_METRICS]
        return [str(job.python), *words]

    return Peer(name=name, title=title, settings=settings, command=command, questions=_questions, missing=missing)


def _onnx(made: Made) -> Sequence[str]:
    return ["--model", str(made.directory)]


def _paddle(made: Made) -> Sequence[str]:
    return ["--model", str(made.paddle_directory)]


DEFAULT = _row(NAME, "this server", "one process, metrics on, every other flag as it comes; ONNX Runtime", _onnx)
BATCHED = _row(
    "ours-batched",
    "this server, batching",
    "merges requests into batches of up to 32 (m1), 8 (m2), 1 (m3); metrics on; ONNX Runtime",
    lambda made: [*_onnx(made), "--runtime_thread_num", "1", "--batch_infer_size", str(made.model.batch)],
    same_if_unbatched(NAME),
)
PADDLE = _row(
    "ours-paddle",
    "this server, Paddle with oneDNN",
    "another engine than the others': the Paddle model that the ONNX file was made of; metrics on",
    lambda made: [*_paddle(made), "--use_mkl"],
)
AUTO = _row(
    "ours-auto",
    "this server, engine chosen by itself",
    "another engine than the others': on the Paddle model, the first start measures which is fastest; metrics on",
    lambda made: [*_paddle(made), "--engine", "auto"],
)
