"""What `HttpClient` accepts as a feed, turned into the fields of Paddle Serving's tensors for JSON and protobuf."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from serving_kit.clients.array import as_element
from serving_kit.codecs.general_tensor import CONTENT_FIELD, DATA_FIELDS, content_bytes
from serving_kit.types import Array, ElementType, TensorSpec

_PARTS = {ElementType.COMPLEX64: np.float32, ElementType.COMPLEX128: np.float64}


def by_alias(feed: object, specs: Sequence[TensorSpec]) -> Mapping[str, object]:
    """Return a feed as a mapping: a dict, a list of one dict, the only input's value, or a list of one value an input.

    ValueError says which of these it was expected to be, or names a key that is no alias of `specs`.
    """
    if isinstance(feed, (list, tuple)) and len(feed) == 1 and isinstance(feed[0], dict):
        feed = feed[0]
    if not isinstance(feed, dict):
        feed = _by_position(feed, [spec.alias for spec in specs])
    known = {spec.alias for spec in specs}
    for key in feed:
        if ".lod" not in key and key not in known:
            raise ValueError(f"Wrong feed name: {key}. The model's feeds are {sorted(known)}.")
    return feed


def _by_position(feed: object, aliases: list[str]) -> dict[str, object]:
    if not aliases:
        raise ValueError("no feed is known yet; call load_client_config first")
    if not isinstance(feed, (list, tuple, str)):
        raise ValueError(f"feed must be a dict, list, tuple or str, not {type(feed).__name__}")
    if len(aliases) == 1:
        return {aliases[0]: feed}
    if isinstance(feed, str) or len(feed) != len(aliases):
        raise ValueError(f"the model has {len(aliases)} feeds; give a dict with {aliases} or a list of as many values")
    return dict(zip(aliases, feed, strict=True))


def tensor_fields(spec: TensorSpec, feed: Mapping[str, object], *, batch: bool) -> dict[str, object]:
    """Return one tensor as fields of general_model_service.proto: data, shape, elem_type, name, alias_name and lod.

    An array is flattened and keeps its shape (0-d is [1]), with 1 in front unless `batch`; a list is flattened and
    takes the shape of the configuration, with 1 (or, with `batch`, its length) in front; a number or string is a list
    of one with the configuration's shape. ValueError names a feed that cannot become its type.
    """
    values, shape = _flattened(spec, feed[spec.alias], batch)
    tensor: dict[str, object] = {
        DATA_FIELDS[spec.element_type]: _data(as_element(values, spec.element_type, f"feed {spec.alias!r}"), spec),
        "shape": shape,
        "elem_type": int(spec.element_type),
        "name": spec.name,
        "alias_name": spec.alias,
    }
    lod = np.asarray(feed.get(f"{spec.alias}.lod", ()), dtype=np.int64).ravel().tolist()
    return tensor | {"lod": lod} if lod else tensor


def as_json(tensor: Mapping[str, object]) -> dict[str, object]:
    """Return a tensor's fields as JSON carries them, raw values in base64; ValueError where it cannot carry them."""
    content = tensor.get(CONTENT_FIELD)
    if isinstance(content, bytes):
        return {**tensor, CONTENT_FIELD: base64.b64encode(content).decode()}
    for field in ("float_data", "float64_data", "complex64_data", "complex128_data"):
        if field in tensor and not np.isfinite(np.asarray(tensor[field], np.float64)).all():
            raise ValueError(f"feed {tensor['alias_name']!r} holds NaN or infinity, which JSON cannot carry")
    return dict(tensor)


def size_bytes(tensor: Mapping[str, object]) -> int:
    """Return what Paddle Serving's client counts as a tensor's size: its text or raw bytes, else 4 bytes a value."""
    values = tensor[DATA_FIELDS[ElementType(int(str(tensor["elem_type"])))]]
    if isinstance(values, bytes):
        return len(values)
    listed = values if isinstance(values, list) else []
    return sum(len(value) if isinstance(value, str) else 4 for value in listed)


def _data(flat: Array, spec: TensorSpec) -> object:
    if DATA_FIELDS[spec.element_type] == CONTENT_FIELD:
        return content_bytes(flat)
    if spec.element_type in _PARTS:
        return flat.view(_PARTS[spec.element_type]).tolist()
    values = flat.tolist()
    return [value.decode() if isinstance(value, bytes) else value for value in values]


def _flattened(spec: TensorSpec, value: object, batch: bool) -> tuple[object, list[int]]:
    front = [] if batch else [1]
    if isinstance(value, np.ndarray):
        return value.ravel(), [*front, *(value.shape or (1,))]
    if isinstance(value, (list, tuple)):
        if min(spec.shape, default=0) < 0:
            # A dynamic dimension (every LoD input has one) cannot be sent as the -1 that the configuration says.
            return list(_leaves(value)), [*front, *np.shape(np.asarray(value))]
        return list(_leaves(value)), [len(value) if batch else 1, *spec.shape]
    is_text = isinstance(value, (str, bytes))
    if is_text != (spec.element_type is ElementType.STRING):
        raise ValueError(f"feed {spec.alias!r} is {spec.element_type.name} and cannot be {value!r:.80}")
    return [value], list(spec.shape)


def _leaves(values: Iterable[object]) -> Iterator[object]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _leaves(value)
        elif isinstance(value, (np.ndarray, np.generic)):
            yield from value.ravel().tolist()
        else:
            yield value
