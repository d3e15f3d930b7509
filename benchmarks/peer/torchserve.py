"""TorchServe, around ONNX Runtime by a handler of its own; it is archived, and its last release is measured."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson

from benchmarks.peer.model import Made
from benchmarks.peer.peer import SERVICES, Job, Peer
from benchmarks.peer.process import free_port
from benchmarks.peer.question import Questions, Wire, plain_json, raw

_HANDLER, _SESSION = "torchserve_service.py", "session.py"
_WAIT_MS = 1
_TIMEOUT_S = 120
_LOGGING = """<Configuration>
  <Appenders><Console name="console"/></Appenders>
  <Loggers><Root level="error"><AppenderRef ref="console"/></Root></Loggers>
</Configuration>
"""


def _command(job: Job) -> Sequence[str]:
    store, config, logging = job.folder / "store", job.folder / "config.properties", job.folder / "log4j2.xml"
    write_model(job, store / job.made.slug)
    config.write_text("\n".join(f"{key}={value}" for key, value in settings(job).items()), encoding="utf-8")
    logging.write_text(_LOGGING, encoding="utf-8")
    files = ["--model-store", str(store), "--ts-config", str(config), "--log-config", str(logging)]
    return [str(job.python.with_name("torchserve")), "--start", "--foreground", "--disable-token-auth", *files]


def write_model(job: Job, folder: Path) -> None:
    """Write what TorchServe's archiver would, unpacked: the handler and a manifest."""
    (folder / "MAR-INF").mkdir(parents=True)
    for name in (_HANDLER, _SESSION):
        shutil.copy(SERVICES / name, folder)
    about = {"modelName": job.made.slug, "modelVersion": "1.0", "handler": _HANDLER}
    manifest = {"runtime": "python", "archiverVersion": "0.12.0", "model": about}
    (folder / "MAR-INF" / "MANIFEST.json").write_bytes(orjson.dumps(manifest))


def settings(job: Job) -> Mapping[str, str]:
    """Return the server's properties: one worker, batches that wait as little as can be said, every port its own."""
    worker = {
        "defaultVersion": True,
        "marName": job.made.slug,
        "minWorkers": 1,
        "maxWorkers": 1,
        "batchSize": job.made.model.batch,
        "maxBatchDelay": _WAIT_MS,
        "responseTimeout": _TIMEOUT_S,
    }
    addresses = zip(("inference", "management", "metrics"), (job.port, free_port(), free_port()), strict=True)
    return {
        **{f"{kind}_address": f"http://127.0.0.1:{port}" for kind, port in addresses},
        **{f"grpc_{kind}_port": str(free_port()) for kind in ("inference", "management")},
        "load_models": job.made.slug,
        "models": orjson.dumps({job.made.slug: {"1.0": worker}}).decode(),
        "number_of_netty_threads": "1",
        "disable_system_metrics": "true",
    }


def _questions(made: Made) -> Questions:
    path = f"/predictions/{made.slug}"
    return {Wire.JSON: plain_json(path, made), Wire.BINARY: raw(path, made)}


def _missing(_: Made) -> str | None:
    return (
        None
        if shutil.which("java")
        else "TorchServe's frontend needs java, which is not installed (Debian: openjdk-17-jre-headless)"
    )


TORCHSERVE = Peer(
    name="torchserve",
    title="TorchServe",
    settings="one worker process, one netty thread, no token, errors logged only; up to 32 (m1), 8 (m2), 1 (m3) "
    "requests a batch, which waits 1 ms at most",
    command=_command,
    questions=_questions,
    lock="torchserve",
    packages=("torchserve", "torch", "onnxruntime"),
    variables=lambda job: {
        "PEER_ONNX": str(job.made.onnx),
        "LOG_LOCATION": str(job.folder),
        "METRICS_LOCATION": str(job.folder),
    },
    missing=_missing,
)
