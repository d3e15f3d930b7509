"""What the modern clients accept as feeds, turned into tensors, and answers turned back into arrays."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from serving_kit.clients.array import as_array, as_element
from serving_kit.clients.channel import Tensors
from serving_kit.codecs.open_inference import DATATYPES
from serving_kit.errors import BadInput
from serving_kit.types import Array, ElementType, NamedTensor, Tensor, join_lod

Feeds: TypeAlias = Mapping[str, ArrayLike | Tensor]
Types: TypeAlias = Mapping[str, ElementType]

_ELEMENT_TYPES = {datatype: element_type for element_type, datatype in DATATYPES.items()}
_ELEMENT_TYPES |= {element_type.name: element_type for element_type in ElementType}


def need_types(feeds: Feeds) -> bool:
    """Return whether a feed depends on what the model wants: lists take its type, floats become bfloat16 for it."""
    values = [value for name, value in feeds.items() if not name.endswith(".lod")]
    arrays = [value.array if isinstance(value, Tensor) else value for value in values]
    return any(not isinstance(array, np.ndarray) or array.dtype.kind == "f" for array in arrays)


def wanted_types(metadata: Mapping[str, Any]) -> dict[str, ElementType]:
    """Return the element types of a model's inputs by alias and, where the server tells it, by variable."""
    wanted = {}
    for port in metadata.get("inputs", []):
        element_type = _ELEMENT_TYPES.get(port.get("datatype"))
        if element_type is not None:
            for name in (port["name"], port.get("parameters", {}).get("variable", port["name"])):
                wanted[name] = element_type
    return wanted


def named_tensors(feeds: Feeds, types: Types) -> dict[str, NamedTensor]:
    """Return the tensors of a feed; `types` is what the model wants, as far as that is known.

    An array keeps its type, uint16 being the bits of bfloat16, but floats become bfloat16 where the model wants that.
    A list takes the type wanted; where none is known its floats are float32. BadInput names a value that is no tensor.
    """
    named = {}
    for name, value in feeds.items():
        if name.endswith(".lod"):
            continue
        try:
            array, element_type = _typed(f"feed {name!r}", value, types.get(name))
            lod = value.lod if isinstance(value, Tensor) else _lod(feeds.get(f"{name}.lod", ()))
        except ValueError as error:
            shown = str(error)
            raise BadInput(
                shown if shown.startswith("feed ") else f"feed {name!r} cannot become an array: {shown}"
            ) from None
        named[name] = NamedTensor(name, Tensor(array, lod), "", element_type)
    return named


def arrays_of(outputs: Tensors) -> dict[str, Array]:
    """Return outputs as arrays that may be written into, with `<name>.lod` beside those that have one."""
    return join_lod({name: Tensor(as_array(named), named.tensor.lod) for name, named in outputs.items()})


def _typed(where: str, value: object, wanted: ElementType | None) -> tuple[Array, ElementType]:
    given = value.array if isinstance(value, Tensor) else value
    if isinstance(given, np.ndarray):
        own = ElementType.BF16 if given.dtype == np.uint16 else _type_of(given)
        if own is ElementType.STRING or (wanted is ElementType.BF16 and given.dtype.kind == "f"):
            own = wanted if wanted is ElementType.BF16 else own
            return as_element(given, own, where), own
        return given, own
    if wanted is None:
        plain = np.asarray(given)
        wanted = ElementType.FP32 if plain.dtype.kind == "f" else _type_of(plain)
    return as_element(given, wanted, where), wanted


def _type_of(array: Array) -> ElementType:
    return ElementType.STRING if array.dtype.kind in "OUS" else ElementType.of(array.dtype)


def _lod(offsets: object) -> tuple[int, ...]:
    lod: list[int] = np.asarray(offsets, dtype=np.int64).ravel().tolist()
    return tuple(lod)
