"""Read and write the `*_conf.prototxt` that Paddle Serving keeps beside a model, and its binary `.stream` twin."""

from collections.abc import Sequence
from pathlib import Path

from google.protobuf import text_format

from serving_kit.codecs.general_model_config_pb2 import FeedVar, FetchVar, GeneralModelConfig
from serving_kit.errors import ModelFileError
from serving_kit.types import ElementType, TensorSpec

SERVER_CONF = "serving_server_conf.prototxt"
CLIENT_CONF = "serving_client_conf.prototxt"


def read(path: Path) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
    """Return inputs and outputs as a prototxt file lists them.

    Shapes are the file's own: Paddle Serving leaves the batch axis and every dynamic dimension out of them.
    ModelFileError where the text is not a `GeneralModelConfig` or names an unknown element type.
    """
    config = GeneralModelConfig()
    try:
        text_format.Parse(path.read_text(encoding="utf-8"), config)
    except OSError:
        raise ModelFileError(f"{path} cannot be read; convert the model with python -m serving_kit.convert") from None
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise ModelFileError(f"{path} is not a Paddle Serving prototxt ({error}); convert the model again") from None
    if not config.feed_var or not config.fetch_var:
        raise ModelFileError(f"{path} lists no feed_var or no fetch_var; convert the model again")
    feeds = tuple(_spec(path, var, var.feed_type) for var in config.feed_var)
    return feeds, tuple(_spec(path, var, var.fetch_type) for var in config.fetch_var)


def _spec(path: Path, var: FeedVar | FetchVar, number: int) -> TensorSpec:
    try:
        element_type = ElementType(number)
    except ValueError:
        raise ModelFileError(f"{path} gives {var.name} the unknown element type {number}; use 0 to 11 or 20") from None
    return TensorSpec(var.name, var.alias_name or var.name, element_type, tuple(var.shape), var.is_lod_tensor)


def write(folder: Path, filename: str, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> Path:
    """Write `folder/filename` and its binary twin as Paddle Serving's converter does, and return the text file's path.

    Dimensions below zero are dropped from shapes, a LoD variable's shape is [-1]; outputs are written as they come.
    """
    config = _config(inputs, outputs)
    path = folder / filename
    path.write_text(text_format.MessageToString(config), encoding="utf-8")
    stream = folder / filename.replace(".prototxt", ".stream.prototxt")
    stream.write_bytes(config.SerializeToString(deterministic=True))
    return path


def text(inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> str:
    """Return what `write` would write."""
    return text_format.MessageToString(_config(inputs, outputs))


def _config(inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> GeneralModelConfig:
    config = GeneralModelConfig()
    for spec in inputs:
        config.feed_var.add(feed_type=spec.element_type, **_fields(spec))
    for spec in outputs:
        config.fetch_var.add(fetch_type=spec.element_type, **_fields(spec))
    return config


def _fields(spec: TensorSpec) -> dict[str, object]:
    shape = [-1] if spec.is_lod else [size for size in spec.shape if size >= 0]
    return {"name": spec.name, "alias_name": spec.alias, "is_lod_tensor": spec.is_lod, "shape": shape}
