"""Vocabularies that a model carries inside: entries of the metadata of its ONNX file become files beside it."""

from collections.abc import Mapping
from pathlib import Path

from serving_kit.convert.source import locate
from serving_kit.errors import ModelFileError


def extract(folder: Path, wanted: Mapping[str, str]) -> None:
    """Write `folder/<file>` for each file and metadata key in `wanted`, out of the ONNX model in `folder/model`.

    What is written is the entry's text as UTF-8, to the letter. ModelFileError names the keys that the model has where
    it lacks one, and says so where it is no ONNX model.
    """
    if not wanted:
        return
    import onnx
    from google.protobuf.message import DecodeError

    model = locate(folder / "model", "onnx").program
    try:
        entries = {one.key: one.value for one in onnx.load(str(model), load_external_data=False).metadata_props}
    except DecodeError as error:
        raise ModelFileError(f"{model.name} is no ONNX model ({error}); take its vocabulary from a file") from None
    for file, key in wanted.items():
        if key not in entries:
            raise ModelFileError(
                f"{model.name} has no metadata {key!r}, it has {sorted(entries) or 'none'}; correct the card's metadata"
            )
        (folder / file).write_text(entries[key], encoding="utf-8", newline="")
