"""Find out how a model's outputs follow its inputs, and whether padding leaves its answers as they are."""

import logging
from collections.abc import Iterator, Mapping
from fractions import Fraction

import numpy as np

from serving_kit.batching.executor import Outputs
from serving_kit.batching.merge import instances, split
from serving_kit.batching.padding import Follow, Padding
from serving_kit.errors import BadInput, ServingKitError, Unsupported
from serving_kit.runtime import golden
from serving_kit.runtime.engine import Engine
from serving_kit.types import Tensor, TensorSpec

log = logging.getLogger(__name__)

Feeds = Mapping[str, Tensor]

_STEPS = (32, 16, 8, 1)  # by how much an axis grows: many networks take multiples of 32 only


def try_padding(
    engine: Engine, example: Feeds, *, atol: float, rtol: float, may_differ: bool = False
) -> Padding | None:
    """Return how requests of a model may be padded; None where no axis but the batch's is open.

    One instance of the example runs alone, and again beside a larger one. Its two answers must agree within
    |padded - alone| <= atol + rtol * |alone|: else Unsupported says how far they are apart or, where they `may_differ`,
    the log does. A network that looks around itself or at its whole input sees the filling.
    """
    alone_feeds = _one_instance(example)
    alone = engine.run(alone_feeds)
    if not _open_axes(engine.inputs):
        return None
    larger_feeds, larger = _run_larger(engine, alone_feeds)
    padding = Padding(tuple(_follows(engine, (alone_feeds, larger_feeds), (alone, larger))))
    if padding.key(alone_feeds) != padding.key(larger_feeds):
        raise Unsupported(f"{_REFUSED}: its example's size does not divide evenly; leave --auto_padding out")
    parts = split(engine.run(padding.merge([alone_feeds, larger_feeds])), [1, 1])
    if parts is None:
        raise Unsupported(f"{_REFUSED}: it does not answer one entry an instance; leave --auto_padding out")
    answer = padding.trim(parts[0], alone_feeds)
    if not golden.agrees(answer, alone, atol=atol, rtol=rtol):
        apart = golden.difference(answer, alone)
        if not may_differ:
            raise Unsupported(
                f"{_REFUSED}: padding changes its answer to its own example by up to {apart:.3g}; leave --auto_padding "
                "out, or accept that with --auto_padding near"
            )
        log.warning("padding changes this model's answer to its own example by up to %.3g", apart)
    return padding


_REFUSED = "this model's requests cannot be padded to one shape"


def _one_instance(example: Feeds) -> Feeds:
    count = instances(example)
    if not count:
        raise BadInput(f"{_REFUSED}: the inputs of its example hold different numbers of instances")
    parts = split(dict(example), [1, count - 1]) if count > 1 else None
    return parts[0] if parts else example


def _open_axes(inputs: tuple[TensorSpec, ...]) -> list[tuple[str, int]]:
    return [(spec.name, axis) for spec in inputs for axis, size in enumerate(spec.shape) if axis and size < 0]


def _run_larger(engine: Engine, feeds: Feeds) -> tuple[Feeds, Outputs]:
    """Run the example grown along every open axis, by different amounts where axes need not be equal."""
    refusal = ""
    for larger in _larger(engine.inputs, feeds):
        try:
            return larger, engine.run(larger)
        except ServingKitError as error:
            refusal = refusal or str(error)
    raise Unsupported(f"{_REFUSED}: it takes its example in one size only ({refusal}); leave --auto_padding out")


def _larger(inputs: tuple[TensorSpec, ...], feeds: Feeds) -> Iterator[Feeds]:
    axes = _open_axes(inputs)
    # Inputs that go together (words and their masks) are equally long along the same axis and must stay so.
    groups = list(dict.fromkeys((axis, feeds[name].array.shape[axis]) for name, axis in axes))
    for step in _STEPS:
        grown = dict(feeds)
        for name, axis in axes:
            tensor = grown[name]
            amount = step * (1 + groups.index((axis, feeds[name].array.shape[axis])))
            widths = [(0, amount if axis == nth else 0) for nth in range(tensor.array.ndim)]
            grown[name] = Tensor(np.pad(tensor.array, widths, mode="wrap"), tensor.lod)
        yield grown


def _follows(engine: Engine, feeds: tuple[Feeds, Feeds], answers: tuple[Outputs, Outputs]) -> Iterator[Follow]:
    for name, small in answers[0].items():
        sizes = zip(small.array.shape, answers[1][name].array.shape, strict=True)
        for axis, (before, after) in enumerate(sizes):
            if not axis or before == after:
                continue
            found = _followed(engine, feeds, before, after)
            if found is None:
                raise Unsupported(
                    f"{_REFUSED}: axis {axis} of output {name!r} grows from {before} to {after} with no input's axis; "
                    "leave --auto_padding out"
                )
            yield Follow(name, axis, *found)


def _followed(engine: Engine, feeds: tuple[Feeds, Feeds], before: int, after: int) -> tuple[str, int, Fraction] | None:
    for name, axis in _open_axes(engine.inputs):
        small, large = (side[name].array.shape[axis] for side in feeds)
        if Fraction(before, small) == Fraction(after, large):
            return name, axis, Fraction(before, small)
    return None
