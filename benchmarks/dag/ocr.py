"""Two models behind one another, through a pipeline and in a tight loop: what the pipeline keeps of its speed."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import zoo
from benchmarks.core import on_core
from benchmarks.dag import reading
from benchmarks.dag.asked import PATH, Read, http_question, message
from benchmarks.dag.reading_service import NAME
from benchmarks.dag.service import Service
from benchmarks.grpc_channel import Call, measure_channel
from benchmarks.load import Point, Spell, measure
from serving_kit.codecs.image import encode
from serving_kit.codecs.pipeline_message import PipelineResponse, encode_response

MODELS = ("pp-ocrv4-mobile-det", "pp-ocrv4-mobile-rec")
CONCURRENCY = 8
GOAL = 0.9
WAYS = ("gRPC", "HTTP")
_TOGETHER = {"one by one": 1, "8 together": 8}
SETTINGS = tuple(_TOGETHER)


def loop_name(setting: str) -> str:
    """Return what a loop's points are called."""
    return f"ocr, in process, {setting}"


def models_name() -> str:
    """Return what the points of the models alone are called."""
    return "ocr, in process, models alone"


def name(way: str, setting: str) -> str:
    """Return what a server's points are called."""
    return f"ocr, {way}, {setting}"


@dataclass(frozen=True)
class Task:
    """The two model directories, and the photo as a file."""

    finder: Path
    reader: Path
    photo: Path

    @classmethod
    def made(cls, folder: Path) -> "Task":
        """Fetch the models, and write the photo into a folder."""
        finder, reader = (zoo.convert(card, zoo.fetch(card)) for card in map(zoo.load, MODELS))
        photo = folder / "photo.jpg"
        photo.write_bytes(encode(zoo.sample("sign-photo"), "jpeg"))
        return cls(finder, reader, photo)


def measure_ocr(
    task: Task, settings: Sequence[str], spell: Spell, cores: tuple[int, int], folder: Path
) -> Iterator[Point]:
    """Yield one round: each setting in process, and by a server over each protocol."""
    server_core, client_core = cores
    image = base64.b64encode(task.photo.read_bytes()).decode()
    for setting in settings:
        together = _TOGETHER[setting]
        reached = reading.measure(task.finder, task.reader, task.photo, spell.seconds, together, core=server_core)
        alone, whole = _of_loop(reached, setting)
        yield whole
        if together == 1:
            yield alone
        over_http = http_question(name("HTTP", setting), NAME, "image", image, _is(reached.text))
        answer = encode_response(PipelineResponse({"text": reached.text}))
        over_grpc = Call(name("gRPC", setting), PATH, message(NAME, "image", image))
        words = ["-m", "benchmarks.dag.reading_service", str(task.finder), str(task.reader)]
        service = Service.own(words, _config(task, together), price=1.0)
        with service.served(over_http, folder / f"ocr-{together}", server_core) as served, on_core(client_core):
            yield measure(over_http, served, CONCURRENCY, spell)
            yield measure_channel(over_grpc, replace(served, price=len(answer)), CONCURRENCY, spell)


def _config(task: Task, together: int) -> dict[str, Any]:
    """Return config.yml: threads, and batches of what waits, for which nobody waits longer."""
    sizes = {"batch_size": together}
    return {
        "dag": {"is_thread_op": True},
        "op": {
            "find": {"local_service_conf": reading.settings(task.finder), **sizes},
            "read": {"local_service_conf": reading.settings(task.reader), **sizes},
        },
    }


def _is(expected: str) -> Read:
    return lambda text: float(text == expected)


def _of_loop(reached: reading.Reached, setting: str) -> tuple[Point, Point]:
    """Return the models alone, and all that the loop did, as points."""

    def point(name: str, per_s: float, cpu_s: float) -> Point:
        each_ms = 1e3 / per_s
        return Point(name, 1, 1, 1 / per_s, per_s, each_ms, each_ms, cpu_s * 1e6, cpu_s * per_s, 0.0)

    alone = point(models_name(), 1 / reached.models_s, reached.models_s)
    return alone, point(loop_name(setting), reached.photos_per_s, reached.cpu_s)
