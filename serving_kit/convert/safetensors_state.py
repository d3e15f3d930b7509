"""A state dict in the safetensors format: a JSON header of names, types and shapes, then the bytes; no code in it."""

from pathlib import Path

from serving_kit.errors import BadInput
from serving_kit.types import Array


def read_safetensors(path: Path) -> dict[str, Array]:
    """Return the arrays of a file by name, as they were saved.

    BadInput where it is damaged, something else, or holds a type that numpy has none for (bfloat16, float8).
    """
    from safetensors.numpy import load_file

    try:
        arrays: dict[str, Array] = load_file(path)
    except Exception as error:  # noqa: BLE001 - the library, numpy and the disk each raise their own
        raise BadInput(f"{path.name} cannot be read as safetensors ({error}); fetch it again") from None
    return arrays
