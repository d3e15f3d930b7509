"""What `HttpClient` accepts as a feed, turned into the tensors of Paddle Serving's JSON request."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from serving_kit.types import ElementType, TensorSpec

DATA_KEYS = {
    ElementType.INT64: "int64_data",
    ElementType.FP32: "float_data",
    ElementType.INT32: "int_data",
    ElementType.STRING: "data",
}


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


def tensor_json(spec: TensorSpec, feed: Mapping[str, object], *, batch: bool) -> dict[str, object]:
    """Return one tensor of the request: data, shape, elem_type, name, alias_name and, where the feed has one, lod.

    An array is flattened and keeps its shape (0-d is [1]), with 1 in front unless `batch`; a list is flattened and
    takes the shape of the configuration, with 1 (or, with `batch`, its length) in front; a number or string is a list
    of one with the configuration's shape. ValueError names a feed of a type or value that JSON cannot carry.
    """
    if spec.element_type not in DATA_KEYS:
        raise ValueError(
            f"feed {spec.alias!r} is {spec.element_type.name}, but HttpClient carries {[t.name for t in DATA_KEYS]} "
            "only; use serving_kit.connect"
        )
    values, shape = _flattened(spec, feed[spec.alias], batch)
    if spec.element_type is not ElementType.STRING and not np.isfinite(np.asarray(values, np.float64)).all():
        raise ValueError(f"feed {spec.alias!r} holds NaN or infinity, which JSON cannot carry")
    tensor: dict[str, object] = {
        DATA_KEYS[spec.element_type]: values,
        "shape": shape,
        "elem_type": int(spec.element_type),
        "name": spec.name,
        "alias_name": spec.alias,
    }
    lod = np.asarray(feed.get(f"{spec.alias}.lod", ()), dtype=np.int64).ravel().tolist()
    return tensor | {"lod": lod} if lod else tensor


def _flattened(spec: TensorSpec, value: object, batch: bool) -> tuple[list[object], list[int]]:
    front = [] if batch else [1]
    if isinstance(value, np.ndarray):
        return value.ravel().tolist(), [*front, *(value.shape or (1,))]
    if isinstance(value, (list, tuple)):
        if min(spec.shape, default=0) < 0:
            # A dynamic dimension (every LoD input has one) cannot be sent as the -1 that the configuration says.
            return list(_leaves(value)), [*front, *np.shape(np.asarray(value))]
        return list(_leaves(value)), [len(value) if batch else 1, *spec.shape]
    is_text = isinstance(value, (str, bytes))
    if is_text != (spec.element_type is ElementType.STRING):
        raise ValueError(f"feed {spec.alias!r} is {spec.element_type.name} and cannot be {value!r:.80}")
    return [value.decode() if isinstance(value, bytes) else value], list(spec.shape)


def _leaves(values: Iterable[object]) -> Iterator[object]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _leaves(value)
        elif isinstance(value, (np.ndarray, np.generic)):
            yield from value.ravel().tolist()
        else:
            yield value
