"""The example that travels with a model: an input, the right answer, and how far the converted model is from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from serving_kit.convert import route
from serving_kit.convert.route import Route
from serving_kit.convert.translated import Translated
from serving_kit.convert.translation import Reference
from serving_kit.errors import ModelFileError
from serving_kit.runtime import backend, golden, probe
from serving_kit.runtime.options import EngineOptions
from serving_kit.runtime.trial import attempt
from serving_kit.settings import settings
from serving_kit.types import Tensor

_STAGE = "plain"


@dataclass(frozen=True)
class Example:
    """Inputs and right outputs by real name; `apart` is the largest absolute difference, None if not compared."""

    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]
    made_by: str
    apart: float | None


def compute(
    model: Translated, given: Mapping[str, Tensor] | None, work: Path, reference: Reference | None = None
) -> Example | None:
    """Compute the example from the given inputs, in a child process and without oneDNN.

    The right answer is the source runtime's, or the reference's, for made-up input where none is given to a model of
    another format; Paddle's own where there is no other. None where there is nothing to compute. ModelFileError where
    an engine refuses the input or crashes on it.
    """
    inputs = model.by_real_name(given, model.inputs) if given else None
    way = route.of(model.origin)
    if way:
        inputs, expected = _source_answer(way, model, inputs, work)
        return Example(inputs, expected, way.versions()[1], _apart(model, inputs, expected))
    if inputs is None:
        return None
    if reference:
        by_alias = {spec.alias: inputs[spec.name] for spec in model.inputs}
        expected = model.by_real_name(reference.answer(by_alias), model.outputs)
        return Example(inputs, expected, reference.made_by, _apart(model, inputs, expected))
    made_by = f"{backend.platform(model.source.program)} without oneDNN"
    return Example(inputs, _own_answer(model, inputs), made_by, None)


def _apart(model: Translated, inputs: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> float:
    return golden.difference(_own_answer(model, inputs), expected)


def _own_answer(model: Translated, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return what the engine that is to serve the model answers."""
    outcome = attempt(
        (model.source.program, model.source.params),
        (model.inputs, model.outputs),
        [inputs],
        {_STAGE: EngineOptions(onednn=False)},
        deadline_s=settings().trial_timeout_s,
    )[_STAGE]
    if not outcome.ok:
        engine = backend.platform(model.source.program)
        raise ModelFileError(
            f"{model.origin.program} does not answer its example: {engine}, {outcome.step}, {outcome.error}; "
            "check the example's shapes and types, then the model"
        )
    return outcome.answer


def _source_answer(
    way: Route, model: Translated, inputs: Mapping[str, Tensor] | None, work: Path
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    feeds = [inputs] if inputs else probe.candidates(model.inputs)
    named = ({model.known_as[name]: tensor.array for name, tensor in tensors.items()} for tensors in feeds)
    answer = way.answer(model.origin.program, named, work / "answer")
    taken = {name: Tensor(array) for name, array in answer.feeds.items()}
    return model.by_real_name(taken, model.inputs), model.by_real_name(answer.outputs, model.outputs)
