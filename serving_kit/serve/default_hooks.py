"""What a web service does with instances where nobody overrides its `preprocess`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from serving_kit.codecs.general_model_config_pb2 import FeedVar
from serving_kit.errors import BadInput
from serving_kit.types import Array


def stacked(feed: Any, inputs: Mapping[str, FeedVar]) -> dict[str, Any]:
    """Stack each input of all instances, or pack it, with its level of detail, where a model takes sequences.

    BadInput names the instance and the input that is wrong.
    """
    instances = [feed] if isinstance(feed, dict) else feed
    if not isinstance(instances, list) or not all(isinstance(one, dict) for one in instances):
        raise BadInput('"feed" must be an array of objects, one an instance')
    if not instances:
        raise BadInput('"feed" is empty; send at least one instance')
    unknown = sorted({key for one in instances for key in one} - set(inputs) - {"fetch"})
    if unknown:
        raise BadInput(f"input {unknown[0]!r} is unknown; the model takes {list(inputs)}")
    batch: dict[str, Any] = {}
    for name, var in inputs.items():
        rows = [_rows(one, name, var, f"input {name!r} of instance {index}") for index, one in enumerate(instances)]
        if len({row.shape[1:] for row in rows}) > 1:
            raise BadInput(f"input {name!r} differs in shape from instance to instance; send them one by one")
        batch[name] = np.concatenate(rows)
        if var.is_lod_tensor:
            batch[f"{name}.lod"] = [0, *np.cumsum([len(row) for row in rows]).tolist()]
    return batch


def _rows(instance: Mapping[str, Any], name: str, var: FeedVar, where: str) -> Array:
    if instance.get(name) is None:
        raise BadInput(f"{where} is missing; every instance needs every input")
    try:
        array = np.array(instance[name])
    except ValueError:
        raise BadInput(f"{where} is no array: its rows differ in length; give them one length") from None
    return array.reshape(-1, 1) if var.is_lod_tensor else _shaped(array, var.shape)[np.newaxis]


def _shaped(array: Array, shape: Sequence[int]) -> Array:
    """Give an array the shape that the configuration lists, which leaves out what a request decides, if it fits."""
    return array.reshape(shape) if array.size == np.prod(shape, dtype=np.int64) else array
