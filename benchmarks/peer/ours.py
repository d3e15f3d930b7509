"""This server, in the settings that the comparison shows."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from benchmarks.peer.model import Made
from benchmarks.peer.peer import Job, Peer, same_if_unbatched
from benchmarks.peer.question import Questions, Wire, open_inference_binary, open_inference_json

NAME = "ours"
"""The row that all others are divided by; further rows of this server begin with it."""

_METRICS = ("--enable_prometheus", "--prometheus_port", "0")
_KEY = "no-secret-in-a-benchmark"
_ON = "metrics and an API key on"


def _questions(made: Made) -> Questions:
    path = f"/v2/models/{made.slug}/infer"
    asked = {Wire.JSON: open_inference_json(path, made), Wire.BINARY: open_inference_binary(path, made)}
    return {wire: replace(one, headers={**one.headers, "X-API-Key": _KEY}) for wire, one in asked.items()}


def _row(
    name: str,
    title: str,
    settings: str,
    flags: Callable[[Made], Sequence[str]],
    missing: Callable[[Made], str | None] = lambda _: None,
) -> Peer:
    """Return this server with flags, `--model` among them."""

    def command(job: Job) -> Sequence[str]:
        keys = job.folder / "keys.txt"
        keys.write_text(_KEY, encoding="utf-8")
        place = ["--port", str(job.port), "--workdir", str(job.folder / "work"), "--api_key_file", str(keys)]
        words = ["-m", "serving_kit.serve", "--name", job.made.slug, *flags(job.made), *place, *_METRICS]
        return [str(job.python), *words]

    return Peer(name=name, title=title, settings=settings, command=command, questions=_questions, missing=missing)


def _onnx(made: Made) -> Sequence[str]:
    return ["--model", str(made.directory)]


def _paddle(made: Made) -> Sequence[str]:
    return ["--model", str(made.paddle_directory)]


DEFAULT = _row(NAME, "this server", f"one process, {_ON}, every other flag as it comes; ONNX Runtime", _onnx)
BATCHED = _row(
    "ours-batched",
    "this server, batching",
    f"merges requests into batches of up to 32 (m1), 8 (m2), 1 (m3); {_ON}; ONNX Runtime",
    lambda made: [*_onnx(made), "--runtime_thread_num", "1", "--batch_infer_size", str(made.model.batch)],
    same_if_unbatched(NAME),
)
PADDLE = _row(
    "ours-paddle",
    "this server, Paddle with oneDNN",
    f"another engine than the others': the Paddle model that the ONNX file was made of; {_ON}",
    lambda made: [*_paddle(made), "--use_mkl"],
)
AUTO = _row(
    "ours-auto",
    "this server, engine chosen by itself",
    f"another engine than the others': on the Paddle model, the first start measures which is fastest; {_ON}",
    lambda made: [*_paddle(made), "--engine", "auto"],
)
