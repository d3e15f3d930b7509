"""Paddle Serving 0.9's own pipeline server beside this one: the same script, the same config.yml, the same load.

It is the Python of its wheels, untouched. The wheel brings no gateway (a library in Go), so that it answers gRPC only.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import zoo
from benchmarks.core import on_core
from benchmarks.dag.asked import grpc_question, http_question
from benchmarks.dag.service import Served, Service
from benchmarks.dag.shared import measure_shared
from benchmarks.load import Point, Spell, measure
from benchmarks.peer.environment import environment
from benchmarks.peer.interpreter import Interpreter, find
from benchmarks.peer.peer import LOCKS
from benchmarks.question import Question
from serving_kit.errors import Unavailable
from serving_kit.runtime.model_dir import SERVER_FOLDER

MODEL = "uci-housing"
GOAL = 8.0
OURS, OLD = "this server", "0.9"
PYTHONS = ("3.9", "3.8")
SHARED = "gRPC, one connection"
WAYS = ("gRPC", SHARED, "HTTP")
EXAMPLE = "as its example"
_BATCHES = {"worker_num": 32, "dag": {"is_thread_op": True}, "batch_size": 32, "auto_batching_timeout": 1}
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    EXAMPLE: {"worker_num": 1, "dag": {"is_thread_op": False}},
    "threads": {"worker_num": 32, "dag": {"is_thread_op": True}},
    "threads, batches": _BATCHES,
    "threads, batches, ONNX Runtime": {**_BATCHES, "engine": "onnxruntime"},
}
"""What of config.yml differs; the rest is the same, as is all of it for both servers. 0.9 knows no `engine`."""
_OF_OP, _OF_MODEL = ("batch_size", "auto_batching_timeout"), ("engine",)
_LOCK = LOCKS / "paddle-serving.lock"
_SCRIPT = Path(__file__).with_name("uci_service.py")
_DIGITS = 3  # in which a price must agree: two versions of Paddle compute it


def name(server: str, way: str, setting: str) -> str:
    """Return what a server's points are called."""
    return f"uci_housing, {server}, {way}, {setting}"


def versions() -> dict[str, str]:
    """Return the pinned versions of what the old server is made of."""
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)$", _LOCK.read_text("utf-8"), re.MULTILINE))
    return {name: pins[name] for name in ("paddle-serving-server", "paddlepaddle", "grpcio", "numpy")}


@dataclass(frozen=True)
class Task:
    """The model directory, the question's text and its price; the old server's interpreter, None to leave it out."""

    directory: Path
    row: str
    price: float
    old: Interpreter | None

    @classmethod
    def made(cls, old: Interpreter | None) -> "Task":
        """Fetch the model, which is the one of Paddle Serving's own example."""
        card = zoo.load(MODEL)
        directory = zoo.convert(card, zoo.fetch(card))
        row = ", ".join(f"{value:.4f}" for value in zoo.sample(card).ravel())
        (price,) = (card.example.expect or {})["values"]
        return cls(directory, row, round(float(price), _DIGITS), old)

    def question(self, server: str, way: str, setting: str) -> Question:
        """Return the question to a server."""
        make = http_question if way == "HTTP" else grpc_question
        return make(name(server, way, setting), "uci", "x", self.row, _price)

    def services(self, setting: str) -> dict[str, tuple[Service, Sequence[str]]]:
        """Return the servers in one setting, with the ways in which each is asked."""
        config = _config(self.directory, SETTINGS[setting])
        own = Service.own(["-m", "serving_kit.compat", str(_SCRIPT)], config, self.price)
        services: dict[str, tuple[Service, Sequence[str]]] = {OURS: (own, WAYS)}
        if self.old:
            variables = {"LD_LIBRARY_PATH": str(self.old.libraries)}
            old = Service([str(self.old.python), str(_SCRIPT)], config, self.price, variables, has_one_port=False)
            services[OLD] = (old, (WAYS[:2]))
        return services


def old_interpreter(version: str) -> Interpreter:
    """Return the Python of the old server's environment, made at the first call; Unavailable where it cannot be had."""
    found = find((version,))
    if found is None:
        raise Unavailable(f"Paddle Serving 0.9 needs Python {version}, which is not to be had here; --without-peer")
    try:
        return replace(found, python=environment(_LOCK, found.python, found.libraries) / "bin" / "python")
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"the environment of Paddle Serving 0.9 cannot be made: uv ended with {error}") from None


def measure_old(
    task: Task, concurrencies: Sequence[int], spell: Spell, cores: tuple[int, int], folder: Path
) -> Iterator[Point]:
    """Yield one round: each setting of both servers, at each concurrency."""
    server_core, client_core = cores
    for number, setting in enumerate(SETTINGS):
        for server, (service, ways) in task.services(setting).items():
            first = task.question(server, "gRPC", setting)
            place = folder / f"uci-{number}-{server.replace(' ', '-')}"
            with service.served(first, place, server_core) as served, on_core(client_core):
                for way in ways:
                    question = task.question(server, way, setting)
                    for concurrency in concurrencies:
                        yield _measure(question, served, concurrency, spell, shared=way == SHARED)


def _measure(question: Question, served: Served, concurrency: int, spell: Spell, *, shared: bool) -> Point:
    if shared:
        return measure_shared(question, served, concurrency, spell)
    return measure(question, served, concurrency, spell)


def _config(directory: Path, setting: Mapping[str, Any]) -> dict[str, Any]:
    model = {
        "model_config": str(directory / SERVER_FOLDER),
        "client_type": "local_predictor",
        "device_type": 0,
        "devices": "",
        "thread_num": 1,
        "fetch_list": ["price"],
        "precision": "fp32",
        "ir_optim": True,
        "use_mkldnn": True,
    }
    model |= {key: setting[key] for key in _OF_MODEL if key in setting}
    op = {"concurrency": 1, "local_service_conf": model, "batch_size": 1, "auto_batching_timeout": -1}
    return {
        **{key: value for key, value in setting.items() if key not in (*_OF_OP, *_OF_MODEL)},
        "op": {"uci": op | {key: setting[key] for key in _OF_OP if key in setting}},
    }


def _price(text: str) -> float:
    return round(float(text.strip("[]")), _DIGITS)
