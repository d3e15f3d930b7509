"""Whether an engine answers a model as it must: within the golden example's tolerance, and as Paddle does elsewhere."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from serving_kit.errors import Unsupported
from serving_kit.runtime import backend, golden, probe
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineOptions
from serving_kit.runtime.trial import Outcome, attempt
from serving_kit.spec import Golden
from serving_kit.types import Array, Tensor

_REDUCED_RTOL = 0.05  # bfloat16 keeps 8 bits; a network adds their rounding up
_REFERENCE, _ENGINE = "plain", "engine"
Feeds = Mapping[str, Tensor]


@dataclass(frozen=True)
class Comparison:
    """The largest absolute difference between an answer and the expected one, and whether that is near enough."""

    apart: float
    near: bool


def try_stages(
    model: ModelDir, stages: Mapping[str, EngineOptions], deadline_s: float, feeds: Iterable[Feeds] | None = None
) -> dict[str, Outcome]:
    """Try a model under each stage's options in a child: on `feeds`, else on its golden input or on made-up ones."""
    if feeds is None:
        example = golden.read(model.server_dir)
        feeds = [example[0]] if example else probe.candidates(model.inputs)
    ports = (model.inputs, model.outputs)
    return attempt((model.program, model.params), ports, feeds, stages, deadline_s=deadline_s)


def compare(model: ModelDir, options: EngineOptions, answer: Feeds, expected: Feeds) -> Comparison:
    """Compare an answer with the expected one, within the spec's tolerance, which reduced precision widens."""
    tolerance = (model.spec.golden if model.spec else None) or Golden(made_by="")
    atol, rtol = tolerance.atol, tolerance.rtol
    if options.precision != "fp32":
        peak = max((abs(float(tensor.array.max(initial=0))) for tensor in expected.values()), default=0.0)
        atol, rtol = atol + _REDUCED_RTOL * peak, _REDUCED_RTOL
    return Comparison(golden.difference(answer, expected), golden.agrees(answer, expected, atol=atol, rtol=rtol))


def must_agree(model: ModelDir, options: EngineOptions, deadline_s: float) -> float:
    """Return how far the options' engine is from the expected answer at most; Unsupported says why it cannot be used.

    It must give the golden answer, or without one Paddle's to made-up input, and then Paddle's to other sizes of that
    input, because an export can hold on to the one size it saw. ONNX Runtime stands for Paddle with an ONNX model.
    """
    reference = EngineOptions(onednn=False)
    example = golden.read(model.server_dir)
    stages = {_ENGINE: options} if example else {_REFERENCE: reference, _ENGINE: options}
    outcomes = try_stages(model, stages, deadline_s)
    if not example and not outcomes[_REFERENCE].ok:
        raise _refusal(
            model, options, f"there is nothing to compare with: {outcomes[_REFERENCE].error} on made-up input"
        )
    expected = example[1] if example else outcomes[_REFERENCE].answer
    apart = _distance(
        model, options, outcomes[_ENGINE], expected, "the golden answer" if example else "Paddle's answer"
    )
    feeds = example[0] if example else next(probe.candidates(model.inputs))
    others = list(_other_sizes(model, feeds))
    if others:
        outcomes = try_stages(model, {_REFERENCE: reference, _ENGINE: options}, deadline_s, others)
        if outcomes[_REFERENCE].ok:
            plain = outcomes[_REFERENCE].answer
            apart = max(apart, _distance(model, options, outcomes[_ENGINE], plain, "Paddle's answer to another size"))
    return apart


def _distance(model: ModelDir, options: EngineOptions, outcome: Outcome, expected: Feeds, what: str) -> float:
    if not outcome.ok:
        raise _refusal(model, options, f"{outcome.step} there, it {_plain_words(model, options, outcome)}")
    found = compare(model, options, outcome.answer, expected)
    if not found.near:
        raise _refusal(model, options, f"it differs from {what} by {found.apart:.2g}")
    return found.apart


def _plain_words(model: ModelDir, options: EngineOptions, outcome: Outcome) -> str:
    """Return an outcome's error without this machine's folders, which clients may read."""
    exported = backend.export_path(model.program, model.params, options)
    text = outcome.error.partition(";")[0].replace(str(model.server_dir), "the model")
    text = text.replace(str(exported), "its ONNX file") if exported else text
    return text if outcome.cause != "refused" else f"failed: {text}"


def _refusal(model: ModelDir, options: EngineOptions, why: str) -> Unsupported:
    title = backend.TITLES[backend.engine_of(model.program, options)]
    return Unsupported(f"{model.name} cannot run on {title}: {why}; leave --engine out")


def _other_sizes(model: ModelDir, feeds: Feeds) -> Iterator[Feeds]:
    """Yield feeds of twice the batch and half of every other open axis, then of twice the batch alone."""
    open_axes = {spec.name: [axis for axis, size in enumerate(spec.shape) if size < 0] for spec in model.inputs}
    if any(axes[1:] if axes[:1] == [0] else axes for axes in open_axes.values()):
        yield {name: Tensor(_halved(_doubled(feeds[name].array, axes), axes)) for name, axes in open_axes.items()}
    if any(axes[:1] == [0] for axes in open_axes.values()):
        yield {name: Tensor(_doubled(feeds[name].array, axes)) for name, axes in open_axes.items()}


def _doubled(array: Array, axes: list[int]) -> Array:
    return np.concatenate([array, array]) if axes[:1] == [0] else array


def _halved(array: Array, axes: list[int]) -> Array:
    for axis in axes:
        if axis:
            array = np.take(array, range(max(1, array.shape[axis] // 2)), axis)
    return array
