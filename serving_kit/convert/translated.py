"""A model on its way: its files, and its tensors under every name somebody may call them by."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from serving_kit.convert import pair, route
from serving_kit.convert.source import Source
from serving_kit.errors import BadInput
from serving_kit.runtime import parameters
from serving_kit.runtime.program import Program, describe
from serving_kit.types import ElementType, Tensor, TensorSpec

T = TypeVar("T")


@dataclass(frozen=True)
class Translated:
    """`origin` as it came, `source` as it is served; `known_as` maps real names to the names in `origin`."""

    origin: Source
    source: Source
    program: Program
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    known_as: dict[str, str]

    @property
    def is_as_it_came(self) -> bool:
        """Whether nothing was translated."""
        return self.source == self.origin

    def by_real_name(self, values: Mapping[str, T], specs: tuple[TensorSpec, ...]) -> dict[str, T]:
        """Return `values`, keyed by real name, source name or alias, by real name; BadInput for any other key."""
        names = {spec.alias: spec.name for spec in specs}
        names |= {self.known_as[spec.name]: spec.name for spec in specs} | {spec.name: spec.name for spec in specs}
        unknown = sorted(values.keys() - names.keys())
        if unknown:
            raise BadInput(f"{self.origin.program} has no tensor {unknown}; it has {sorted(names)}")
        return {names[key]: value for key, value in values.items()}

    def with_aliases(self, feeds: Mapping[str, str], fetches: Mapping[str, str]) -> "Translated":
        """Return the same under new aliases, keyed by real or source name; a default alias is the source's name."""
        inputs, outputs = (
            pair.with_aliases(specs, self._known(specs) | self.by_real_name(aliases, specs))
            for specs, aliases in ((self.inputs, feeds), (self.outputs, fetches))
        )
        return replace(self, inputs=inputs, outputs=outputs)

    def _known(self, specs: tuple[TensorSpec, ...]) -> dict[str, str]:
        return {spec.name: self.known_as[spec.name] for spec in specs}

    def as_answered(self, answer: Mapping[str, Tensor]) -> "Translated":
        """Return the same with the outputs' real types: fluid-era programs call every scaled output float32."""
        outputs = tuple(
            replace(
                spec, element_type=ElementType.of(answer[spec.name].array.dtype), is_lod=bool(answer[spec.name].lod)
            )
            for spec in self.outputs
        )
        return replace(self, outputs=outputs)


def read(origin: Source, work: Path, *, as_it_is: bool = False) -> Translated:
    """Describe a model for Paddle, translating another format first; aliases are the source's names.

    With `as_it_is` an ONNX model stays one.
    """
    way = None if as_it_is else route.of(origin)
    if way is None:
        program = describe(origin.program)
        parameters.check(origin.program, origin.params, program.parameters)
        names = {spec.name: spec.name for spec in (*program.inputs, *program.outputs)}
        outputs = program.outputs if as_it_is else pair.by_name(program.outputs)
        return Translated(origin, origin, program, program.inputs, outputs, names)
    translation = way.translate(origin.program, work / "translation")
    program = describe(translation.source.program)
    names = {
        spec.name: name
        for specs, known in ((program.inputs, translation.inputs), (program.outputs, translation.outputs))
        for spec, name in zip(specs, known, strict=True)
    }
    return Translated(origin, translation.source, program, program.inputs, pair.by_name(program.outputs), names)
