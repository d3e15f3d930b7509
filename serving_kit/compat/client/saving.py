"""What training scripts import from `paddle_serving_client.io`: programs and layers saved as a servable pair."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from serving_kit.codecs import prototxt
from serving_kit.convert import inference_model_to_serving, pair
from serving_kit.convert.source import locate
from serving_kit.errors import BadInput, Unsupported
from serving_kit.runtime import parameters
from serving_kit.runtime.framework import paddle
from serving_kit.runtime.program import Program, describe
from serving_kit.types import TensorSpec

__all__ = ["inference_model_to_serving", "save_dygraph_model", "save_model"]


def save_model(  # noqa: PLR0917 - the old signature
    server_model_folder: str,
    client_config_folder: str,
    feed_var_dict: Mapping[str, Any],
    fetch_var_dict: Mapping[str, Any],
    main_program: Any = None,
    encryption: bool = False,
    key_len: int = 128,  # noqa: ARG001 - part of the old signature
    encrypt_conf: object = None,  # noqa: ARG001 - part of the old signature
    model_filename: str | None = None,
    params_filename: str | None = None,
    show_proto: bool = False,
    feed_alias_names: str | None = None,
    fetch_alias_names: str | None = None,
) -> None:
    """Write a static program's server and client directories.

    `feed_var_dict` and `fetch_var_dict` map aliases to variables of `main_program` (default: Paddle's main program).
    Alias names, comma lists, replace the dictionaries' keys: feeds in their order, fetches in the order of their keys.
    `show_proto` prints the configuration and writes nothing. Unsupported for encryption, BadInput for names that do not
    fit.
    """
    if encryption:
        raise Unsupported("encrypted models are not supported; save without encryption and protect the folder itself")
    static = paddle().static
    fetch_keys = sorted(fetch_var_dict)
    aliases = (
        _aliases("feed_alias_names", feed_alias_names, list(feed_var_dict)),
        _aliases("fetch_alias_names", fetch_alias_names, fetch_keys),
    )
    with pair.workspace(Path(server_model_folder).resolve().parent) as work:
        static.save_inference_model(
            str(work / "saved" / "model"),
            list(feed_var_dict.values()),
            [fetch_var_dict[key] for key in fetch_keys],
            static.Executor(paddle().CPUPlace()),
            program=main_program,
        )
        _publish(
            work, aliases, (model_filename, params_filename), (server_model_folder, client_config_folder), show_proto
        )


def save_dygraph_model(serving_model_folder: str, client_config_folder: str, model: Any) -> None:
    """Write a layer's server and client directories under its tensors' own names.

    `model` is a `paddle.nn.Layer` made static by `paddle.jit.to_static(layer, input_spec=[...], full_graph=True)`.
    """
    with pair.workspace(Path(serving_model_folder).resolve().parent) as work:
        paddle().jit.save(model, str(work / "saved" / "model"))
        _publish(work, None, (None, None), (serving_model_folder, client_config_folder), False)


def _aliases(argument: str, names: str | None, keys: list[str]) -> list[str]:
    aliases = names.split(",") if names else keys
    if len(aliases) != len(keys):
        raise BadInput(f"{argument} gives {len(aliases)} names for the {len(keys)} variables {keys}; give one each")
    return aliases


def _publish(
    work: Path,
    aliases: tuple[list[str], list[str]] | None,
    filenames: tuple[str | None, str | None],
    destinations: tuple[str, str],
    show_only: bool,
) -> None:
    source = locate(work / "saved")
    program = describe(source.program)
    parameters.check(source.program, source.params, program.parameters)
    feeds, fetches = _ports(program, aliases)
    if show_only:
        sys.stdout.write(prototxt.text(feeds, fetches))
        return
    made = pair.write(work / "pair", source, program, (feeds, fetches), filenames)
    for folder, destination in zip(made, destinations, strict=True):
        pair.publish(folder, Path(destination))


def _ports(
    program: Program, aliases: tuple[list[str], list[str]] | None
) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
    if aliases is None:
        return program.inputs, program.outputs
    names = [
        {spec.name: alias for spec, alias in zip(specs, given, strict=True)}
        for specs, given in zip((program.inputs, program.outputs), aliases, strict=True)
    ]
    return pair.with_aliases(program.inputs, names[0]), pair.with_aliases(program.outputs, names[1])
