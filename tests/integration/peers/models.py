"""Real Paddle models that answer what one can work out: sums, and inputs given back as they came."""

from collections.abc import Mapping
from pathlib import Path

from serving_kit.convert import inference_model_to_serving
from serving_kit.types import ElementType
from tests.linear import write_linear
from tests.unit import tiny_models

TYPES = ("FP32", "FP16", "INT64", "INT32", "UINT8", "INT8", "BOOL")


def adder(folder: Path) -> Path:
    """Write a model whose `total`, [-1, 1], is the sum of the three numbers of a row of `x`, plus one."""
    return write_linear(folder, 3, feed="x", fetch="total", bias=1.0)


def mirror(folder: Path) -> Path:
    """Write a model that gives a [-1, 2] input of every type back: `fp16` as `same_fp16`."""
    return _copy(folder, {name.lower(): (ElementType[name], (-1, 2)) for name in TYPES})


def plain_mirror(folder: Path) -> Path:
    """Write a mirror without BOOL, which Paddle Serving's native client cannot send."""
    return _copy(folder, {name.lower(): (ElementType[name], (-1, 2)) for name in TYPES if name != "BOOL"})


def text(folder: Path) -> Path:
    """Write a model that gives the bytes of texts back as `same_text`: each text ended by a zero byte."""
    return _copy(folder, {"text": (ElementType.UINT8, (-1,))})


def words(folder: Path) -> Path:
    """Write a model that gives packed sequences of pairs of numbers back as `same_words`, with their offsets."""
    return _copy(folder, {"words": (ElementType.INT64, (-1, 2))}, is_lod=True)


def _copy(folder: Path, inputs: Mapping[str, tuple[ElementType, tuple[int, ...]]], *, is_lod: bool = False) -> Path:
    """Write a model and its `*_conf.prototxt` pair; Paddle's own export cannot say that an input has LoD."""
    saved = folder.with_name(f"{folder.name}-saved")
    saved.mkdir(parents=True)
    names = {name: (*described, is_lod) for name, described in inputs.items()}
    names |= {f"same_{name}": described for name, described in names.items()}
    operations = [("assign", {"X": name}, {"Out": f"same_{name}"}, dict[str, int]()) for name in inputs]
    fetches = [f"same_{name}" for name in inputs]
    program = tiny_models.build_program(names, operations, feeds=list(inputs), fetches=fetches)
    tiny_models.write_program(saved / "__model__", program)
    return _converted(saved, folder)


def _converted(saved: Path, folder: Path, feeds: str | None = None, fetches: str | None = None) -> Path:
    server, client = str(folder / "serving_server"), str(folder / "serving_client")
    inference_model_to_serving(str(saved), server, client, feed_alias_names=feeds, fetch_alias_names=fetches)
    return folder
