"""Paddle Serving's `inference_model_to_serving`, with its signature and its output."""

import sys
from pathlib import Path

from serving_kit.codecs import prototxt
from serving_kit.convert import pair, route
from serving_kit.convert.model import EngineName, convert_model
from serving_kit.convert.source import Source, locate
from serving_kit.errors import BadInput, Unsupported
from serving_kit.runtime import parameters
from serving_kit.runtime.model_dir import CLIENT_FOLDER, SERVER_FOLDER, ModelDir
from serving_kit.runtime.program import Program, describe
from serving_kit.spec import Spec
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
    engine: EngineName = "paddle",
    threshold: float | None = None,
) -> tuple[list[str], list[str]]:
    """Write the server and client directories of a saved inference model; return its feed and fetch names.

    Alias names are comma lists: feeds in the program's order, fetches in the order of their names, as Paddle Serving
    takes them. Without `model_filename` the program is `__model__` or, new here, the only one in the folder.
    `show_proto` prints the configuration and writes nothing. Raises BadInput and its kinds with one sentence.

    New here too: ONNX, TorchScript and TensorFlow.js models are translated, compared with their own runtime on made-up
    input (Internal where they differ by more than `threshold`), and the difference is printed. `engine` onnxruntime
    keeps ONNX as it is.
    """
    if encryption:
        raise Unsupported(
            "encrypted models are not supported; convert without encryption and protect the folder itself"
        )
    source = _source(Path(dirname), model_filename, params_filename)
    if engine != "paddle" or route.of(source):
        if show_proto:
            raise BadInput(f"--show_proto is for Paddle's own formats, and {source.program} is {source.format}")
        names = (feed_alias_names, fetch_alias_names)
        return _translate(source, (serving_server, serving_client), names, engine, threshold)
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
    return Source(found.format, found.program, folder / params_filename) if params_filename else found


def _translate(
    found: Source,
    destinations: tuple[str, str],
    aliases: tuple[str | None, str | None],
    engine: EngineName,
    threshold: float | None,
) -> tuple[list[str], list[str]]:
    """Convert a model of another format, compare it with its source on made-up input, and print how far they differ."""
    feeds, fetches = (names.split(",") if names else () for names in aliases)
    with pair.workspace(Path(destinations[0]).resolve().parent) as work:
        made = convert_model(
            found.program,
            work / "made",
            spec=Spec(name=Path(destinations[0]).name),
            format=found.format,
            feed_aliases=feeds,
            fetch_aliases=fetches,
            threshold=threshold,
            engine=engine,
        )
        model = ModelDir.open(made)
        if model.spec and model.spec.conversion:
            said = model.spec.conversion
            sys.stdout.write(f"{said.compared_with}: the answers differ by {said.max_abs_difference:.2g} at most\n")
        for folder, destination in zip((SERVER_FOLDER, CLIENT_FOLDER), destinations, strict=True):
            pair.publish(made / folder, Path(destination))
    return [spec.name for spec in model.inputs], [spec.name for spec in model.outputs]


def _alias(flag: str, specs: tuple[TensorSpec, ...], names: str | None) -> tuple[TensorSpec, ...]:
    return pair.with_aliases(specs, pair.in_order(specs, names.split(",") if names else (), flag))


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
