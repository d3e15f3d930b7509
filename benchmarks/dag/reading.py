"""Reading the text in a photo with two models, called in this process one after the other: what a pipeline can reach.

`python -m benchmarks.dag.reading FINDER READER PHOTO SECONDS TOGETHER` prints photos a second, and the text.
"""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from benchmarks.core import on_core
from serving_kit import tasks
from serving_kit.codecs.image import Image, decode
from serving_kit.errors import Internal
from serving_kit.pipeline.config import LocalService
from serving_kit.pipeline.local_model import LocalModel, engine_options
from serving_kit.runtime.load import load
from serving_kit.tasks import Prepared
from serving_kit.types import Array

Feed = Mapping[str, Array]


class Finder:
    """What stands around the model that finds lines of text."""

    def __init__(self, directory: Path) -> None:
        self._task = tasks.load(directory)

    def feed(self, photo: Image) -> Feed:
        """Return what the model takes."""
        return self._task.preprocess(photo).feeds

    def lines(self, outputs: Feed, photo: Image) -> list[Image]:
        """Return the lines that it found, cut out."""
        height, width = photo.shape[:2]
        boxes = self._task.postprocess(outputs, Prepared({}, (width, height)))
        return [tasks.crop(photo, box.polygon) for box in boxes]


class Reader:
    """What stands around the model that reads lines of text."""

    def __init__(self, directory: Path) -> None:
        self._task = tasks.load(directory)

    def feed(self, lines: Sequence[Image]) -> Feed:
        """Return what the model takes, an instance a line."""
        return self._task.preprocess(lines).feeds

    def text(self, outputs: Feed) -> str:
        """Return a line of text a line of the photo."""
        (first, *_) = outputs.values()
        return "\n".join(one.text for one in self._task.postprocess(outputs, Prepared({}, len(first))))


def settings(directory: Path) -> dict[str, Any]:
    """Return how a model is computed, as `local_service_conf` says it: oneDNN, one thread."""
    return {
        "model_config": str(directory),
        "client_type": "local_predictor",
        "thread_num": 1,
        "ir_optim": True,
        "use_mkldnn": True,
    }


class Loop:
    """Both models in this process."""

    def __init__(self, finder: Path, reader: Path) -> None:
        self._finder, self._reader = Finder(finder), Reader(reader)
        self._find, self._read = (_model(directory) for directory in (finder, reader))

    def read(self, files: Sequence[bytes]) -> list[str]:
        """Return the text in each of some photos of one size, whose runs are shared."""
        photos = [decode(file) for file in files]
        found = self._find.predict(_joined([self._finder.feed(photo) for photo in photos]))
        lines = [self._finder.lines(_part(found, at, at + 1), photo) for at, photo in enumerate(photos)]
        read = self._read.predict(_joined([self._reader.feed(some) for some in lines]))
        ends = np.cumsum([len(some) for some in lines]).tolist()
        return [self._reader.text(_part(read, end - len(some), end)) for some, end in zip(lines, ends, strict=True)]

    def models_s(self, file: bytes, runs: int) -> float:
        """Return the least seconds that the two models take for a photo, without all that stands around them."""
        photo = decode(file)
        feed = self._finder.feed(photo)
        lines = self._reader.feed(self._finder.lines(self._find.predict(feed), photo))
        return sum(
            min(_took_s(model, given) for _ in range(runs))
            for model, given in ((self._find, feed), (self._read, lines))
        )


@dataclass(frozen=True)
class Reached:
    """What a loop reached on one core, reading some photos `together`."""

    together: int
    photos_per_s: float
    cpu_s: float
    models_s: float
    text: str


def measure(finder: Path, reader: Path, photo: Path, seconds: float, together: int, *, core: int) -> Reached:
    """Measure in a process of its own on one core; Internal where it fails."""
    words = [str(finder), str(reader), str(photo), str(seconds), str(together)]
    with on_core(core):
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "benchmarks.dag.reading", *words],
            capture_output=True,
            check=False,
            start_new_session=True,
        )
    if done.returncode:
        raise Internal(f"reading in process failed: {done.stderr.decode('utf-8', 'replace')[-500:]}")
    return Reached(**orjson.loads(done.stdout))


def loop(finder: Path, reader: Path, photo: Path, seconds: float, together: int) -> Reached:
    """Read the same photo again and again in this process."""
    both, files = Loop(finder, reader), [photo.read_bytes()] * together
    both.read(files)
    photos, begun_s, used_s = 0, time.perf_counter(), time.process_time()
    while not photos or time.perf_counter() - begun_s < seconds:
        texts = both.read(files)
        photos += together
    took_s, cpu_s = time.perf_counter() - begun_s, (time.process_time() - used_s) / photos
    return Reached(together, photos / took_s, cpu_s, both.models_s(files[0], 5), texts[0])


def _model(directory: Path) -> LocalModel:
    return LocalModel(load(directory, engine_options(LocalService.model_validate(settings(directory)))))


def _joined(feeds: Sequence[Feed]) -> Feed:
    return {name: np.concatenate([feed[name] for feed in feeds]) for name in feeds[0]}


def _part(outputs: Feed, begin: int, end: int) -> Feed:
    return {name: array[begin:end] for name, array in outputs.items()}


def _took_s(model: LocalModel, feed: Feed) -> float:
    begun_s = time.perf_counter()
    model.predict(feed)
    return time.perf_counter() - begun_s


if __name__ == "__main__":
    *paths, seconds, together = sys.argv[1:]
    finder, reader, photo = map(Path, paths)
    sys.stdout.buffer.write(orjson.dumps(loop(finder, reader, photo, float(seconds), int(together))))
