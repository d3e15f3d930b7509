"""Convert a model to a directory that a server takes and that says of itself what it is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from serving_kit import __version__
from serving_kit.checksum import file_sha256
from serving_kit.convert import example, pair, route, translated
from serving_kit.convert.example import Example
from serving_kit.convert.source import Format, locate
from serving_kit.convert.translated import Translated
from serving_kit.convert.translation import Reference
from serving_kit.errors import BadInput, Internal
from serving_kit.runtime import golden
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.spec import Conversion, Golden, Port, Spec
from serving_kit.types import Tensor, TensorSpec

EngineName = Literal["paddle", "onnxruntime"]

UNCONVERTED = "none, served as it is"


def convert_model(
    source: Path,
    destination: Path,
    *,
    spec: Spec,
    format: Format = "auto",  # noqa: A002 - the word that cards use
    feed_aliases: Mapping[str, str] | Sequence[str] = (),
    fetch_aliases: Mapping[str, str] | Sequence[str] = (),
    golden_inputs: Mapping[str, Tensor] | None = None,
    threshold: float | None = None,
    reference: Reference | None = None,
    engine: EngineName = "paddle",
) -> Path:
    """Write `destination/serving_server` and `destination/serving_client` and return `destination`.

    `engine` onnxruntime serves an ONNX model as it is: for what cannot be converted. Aliases go by the tensors' names
    in the source or in Paddle's program, or are one for each in the program's order; golden inputs go by either name or
    by alias. The golden answer is the source runtime's for a model of another format, the reference's where one is
    given, and Paddle's own without oneDNN otherwise. Raises ModelFileError for a model that cannot be read or
    converted, BadInput for names it does not have, Internal where a converted model's answer is more than `threshold`
    away from its source's. Nothing is left behind by a failure.
    """
    origin = locate(source, format)
    as_it_is = engine == "onnxruntime"
    if as_it_is and origin.format != "onnx":
        raise BadInput(f"{source} is of format {origin.format}; engine onnxruntime takes ONNX only, so leave it out")
    with pair.workspace(destination.parent) as work:
        model = translated.read(origin, work, as_it_is=as_it_is)
        model = model.with_aliases(
            _by_name(model.inputs, feed_aliases, "feed_aliases"),
            _by_name(model.outputs, fetch_aliases, "fetch_aliases"),
        )
        shown = example.compute(model, golden_inputs, work, reference)
        if shown:
            _check_distance(source, shown, threshold)
            model = model.as_answered(shown.outputs)
        server, client = pair.write(work / "pair", model.source, model.program, (model.inputs, model.outputs))
        if shown and golden_inputs:
            golden.write(server, shown.inputs, shown.outputs)
            spec = spec.model_copy(update={"golden": _golden(spec, shown)})
        _complete(spec, model, shown, threshold, reference).model_copy(update={"files": _checksums(server)}).write(
            server
        )
        ModelDir.open(server)
        pair.publish(server, destination / server.name)
        pair.publish(client, destination / client.name)
    return destination


def _by_name(
    specs: Sequence[TensorSpec], aliases: Mapping[str, str] | Sequence[str], given_as: str
) -> Mapping[str, str]:
    return aliases if isinstance(aliases, Mapping) else pair.in_order(specs, aliases, given_as)


def _check_distance(source: Path, shown: Example, threshold: float | None) -> None:
    if threshold is not None and shown.apart is not None and not shown.apart <= threshold:
        raise Internal(
            f"{source} came out wrong: its answer is {shown.apart:.2g} away from that of {shown.made_by}, more than "
            f"{threshold:g}; do not serve it"
        )


def _golden(spec: Spec, shown: Example) -> Golden:
    tolerances = spec.golden.model_dump(exclude={"made_by"}) if spec.golden else {}
    return Golden(made_by=shown.made_by, **tolerances)


def _complete(
    spec: Spec, model: Translated, shown: Example | None, threshold: float | None, reference: Reference | None
) -> Spec:
    """Fill in what only the conversion knows; what the caller says of shapes and of `finite` stays."""
    way = route.of(model.origin)
    converter = way.versions()[0] if way else f"serving-kit {__version__}"
    conversion = Conversion(
        source_format=reference.source_format if reference else model.origin.format,
        converter=UNCONVERTED if way and model.is_as_it_came else converter,
        compared_with=shown.made_by if shown and (way or reference) else None,
        max_abs_difference=shown.apart if shown else None,
        threshold=threshold,
    )
    return spec.model_copy(
        update={
            "inputs": _ports(spec.inputs, model, model.inputs),
            "outputs": _ports(spec.outputs, model, model.outputs),
            "conversion": conversion,
        }
    )


def _ports(said: Sequence[Port], model: Translated, specs: tuple[TensorSpec, ...]) -> tuple[Port, ...]:
    described = model.by_real_name({port.name: port for port in said}, specs)
    return tuple(_port(described.get(spec.name), spec) for spec in specs)


def _port(said: Port | None, spec: TensorSpec) -> Port:
    dtype = spec.element_type.dtype.name
    if said and (said.dtype != dtype or not _fits(said.shape, spec.shape)):
        raise BadInput(
            f"{said.name} is said to be {said.dtype} {list(said.shape)} but the model has {dtype} {list(spec.shape)}; "
            "correct the card or spec"
        )
    shape = said.shape if said else spec.shape
    finite = said.finite if said else False
    return Port(name=spec.name, alias=spec.alias, dtype=dtype, shape=shape, lod=spec.is_lod, finite=finite)


def _fits(said: tuple[int, ...], known: tuple[int, ...]) -> bool:
    """Tell whether a shape may narrow or widen another: same rank, and no axis fixed to two different sizes."""
    return len(said) == len(known) and all(a == b or a < 0 or b < 0 for a, b in zip(said, known, strict=True))


def _checksums(server: Path) -> dict[str, str]:
    opened = [path for path in server.iterdir() if path.suffix in (".pdmodel", ".json", ".pdiparams", ".onnx", ".npz")]
    return {path.name: file_sha256(path) for path in sorted(opened)}
