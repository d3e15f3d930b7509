"""What `Client` accepts as a feed, turned into the tensors of a bRPC request."""

from collections.abc import Mapping, Sequence

import numpy as np

from serving_kit.clients.array import as_element
from serving_kit.types import Array, ElementType, NamedTensor, Tensor, TensorSpec


def named_tensors(specs: Sequence[TensorSpec], feed: Mapping[str, object], *, batch: bool) -> tuple[NamedTensor, ...]:
    """Return the tensors of a feed by alias, in the order of the configuration.

    A value takes the element type of the configuration and keeps its own shape, with 1 in front unless `batch`; one
    text is a tensor of shape [1]. `<alias>.lod` is the level of detail. ValueError names a value that does not fit.
    """
    return tuple(
        NamedTensor(
            spec.name,
            Tensor(_array(spec, feed[spec.alias], batch), _lod(feed, spec.alias)),
            spec.alias,
            spec.element_type,
        )
        for spec in specs
        if spec.alias in feed
    )


def _array(spec: TensorSpec, value: object, batch: bool) -> Array:
    where = f"feed {spec.alias!r}"
    if isinstance(value, (str, bytes)) and spec.element_type is ElementType.STRING:
        return np.array([value], dtype=object)
    try:
        array = as_element(value, spec.element_type, where)
    except ValueError as error:
        raise ValueError(str(error) if where in str(error) else f"{where} cannot become an array: {error}") from None
    return array if batch else array[np.newaxis]


def _lod(feed: Mapping[str, object], alias: str) -> tuple[int, ...]:
    lod: list[int] = np.asarray(feed.get(f"{alias}.lod", ()), dtype=np.int64).ravel().tolist()
    return tuple(lod)
