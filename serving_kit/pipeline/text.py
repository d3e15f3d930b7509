"""Arrays that a request has as text, in the forms that clients of Paddle Serving's pipelines write."""

import re

import orjson

from serving_kit.codecs.json_array import flat_array
from serving_kit.errors import BadInput
from serving_kit.types import Array, ElementType

_ROWS = re.compile(r"[-+\d.eE,;\s]+", re.ASCII)
_REPR = re.compile(r"array\((.*?)(?:,\s*dtype=\w+)?\)", re.DOTALL | re.ASCII)
_BARE_POINT = re.compile(r"(?<=\d)\.(?!\d)", re.ASCII)  # numpy writes 1. for 1.0


def array_of(text: str, element_type: ElementType, where: str) -> Array:
    """Read `[[1.5, 2]]`, rows such as `1.5, 2; 3, 4`, or what numpy prints of an array.

    BadInput begins with `where` and shows a text that is none of these.
    """
    written = text.strip()
    printed = _REPR.fullmatch(written)
    if printed:
        written = printed[1]
    elif _ROWS.fullmatch(written):
        written = "[" + ",".join(f"[{row}]" for row in written.strip("; \t\r\n").split(";")) + "]"
    try:
        values = orjson.loads(_BARE_POINT.sub(".0", written))
    except orjson.JSONDecodeError:
        shown = text if len(text) <= 40 else f"{text[:40]}…"
        raise BadInput(f"{where}: {shown!r} is no array; write it as [[1.5, 2]] or as 1.5, 2; 3, 4") from None
    values = values if isinstance(values, list) else [values]
    return flat_array(values, element_type, where).reshape(_shape(values))


def _shape(values: object) -> tuple[int, ...]:
    sizes = []
    while isinstance(values, list):
        sizes.append(len(values))
        values = values[0] if values else None
    return tuple(sizes)
