"""Paddle Serving's `inference_model_to_serving`, with its signature and its output."""

import sys
from pathlib import Path

from serving_kit.codecs import prototxt
from serving_kit.convert import pair
from serving_kit.convert.source import Source, locate
from serving_kit.errors import BadInput, Unsupported
from serving_kit.runtime import parameters
from serving_kit.runtime.program import Program, describe
from serving_kit.types import TensorSpec


def inference_model_to_serving(  # noqa: PLR0917 - the old signature
    dirname: str,
    serving_server: str = "serving_server",
    serving_client: str = "serving_client",
    model_filename: str | None = None,
    params_filename: str | None = None,
    encryption: bool = False,
    key_len: int = 128,  # noqa: ARG001 - part of the old signature
    encrypt_conf: object = None,  # noqa: ARG001 - part of the old signature
    show_proto: bool = False,
    feed_alias_names: str | None = None,
    fetch_alias_names: str | None = None,
) -> tuple[list[str], list[str]]:
    """Write the server and client directories of a saved inference model; return its feed and fetch names.

    Alias names are comma lists: feeds in the program's order, fetches in the order of their names, as Paddle Serving
    takes them. Without `model_filename` the program is `__model__` or, new here, the only one in the folder.
    `show_proto` prints the configuration and writes nothing. Raises BadInput and its kinds with one sentence.
    """
    if encryption:
        raise Unsupported(
            "encrypted models are not supported; convert without encryption and protect the folder itself"
        )
    source = _source(Path(dirname), model_filename, params_filename)
    program = describe(source.program)
    parameters.check(source.program, source.params, program.parameters)
    feeds = _alias("--feed_alias_names", program.inputs, feed_alias_names)
    fetches = _alias("--fetch_alias_names", pair.by_name(program.outputs), fetch_alias_names)
    if show_proto:
        sys.stdout.write(prototxt.text(feeds, fetches))
    else:
        _write(source, program, (feeds, fetches), (model_filename, params_filename), (serving_server, serving_client))
    return [spec.name for spec in program.inputs], [spec.name for spec in program.outputs]


def _source(folder: Path, model_filename: str | None, params_filename: str | None) -> Source:
    for filename in (model_filename, params_filename):
        if filename and not (folder / filename).is_file():
            raise BadInput(f"{folder} holds no {filename}; name a file of that folder")
    found = locate(folder / model_filename if model_filename else folder)
    if found.format == "onnx":
        raise BadInput(f"{found.program} is ONNX; convert it with serving_kit.convert.convert_model")
    return Source(found.format, found.program, folder / params_filename) if params_filename else found


def _alias(flag: str, specs: tuple[TensorSpec, ...], names: str | None) -> tuple[TensorSpec, ...]:
    aliases = names.split(",") if names else [spec.name for spec in specs]
    if len(aliases) != len(specs):
        real = [spec.name for spec in specs]
        raise BadInput(f"{flag} gives {len(aliases)} names for the {len(specs)} variables {real}; give one each")
    return pair.with_aliases(specs, {spec.name: alias for spec, alias in zip(specs, aliases, strict=True)})


def _write(
    source: Source,
    program: Program,
    ports: tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]],
    filenames: tuple[str | None, str | None],
    destinations: tuple[str, str],
) -> None:
    with pair.workspace(Path(destinations[0]).resolve().parent) as work:
        made = pair.write(work / "pair", source, program, ports, filenames)
        for folder, destination in zip(made, destinations, strict=True):
            pair.publish(folder, Path(destination))
