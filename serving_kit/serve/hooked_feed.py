"""What a `preprocess` hook returns, turned into the tensors of one request: a feed, or several that share a batch."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from serving_kit.batching.merge import merge
from serving_kit.clients.brpc_feed import named_tensors
from serving_kit.clients.feed import by_alias
from serving_kit.types import NamedTensor, TensorSpec


def feed_tensors(feed: Any, specs: Sequence[TensorSpec], *, batch: bool) -> tuple[NamedTensor, ...]:
    """Return the tensors of a dict by alias, of a list of such, or of the only input's value.

    Without `batch` each feed gets a batch axis of 1; several feeds are stacked along it, their levels of detail one
    after the other. ValueError names what does not fit.
    """
    if isinstance(feed, list | tuple) and len(feed) > 1 and all(isinstance(one, dict) for one in feed):
        return _stacked([named_tensors(specs, by_alias(one, specs), batch=batch) for one in feed])
    return named_tensors(specs, by_alias(feed, specs), batch=batch)


def _stacked(feeds: Sequence[tuple[NamedTensor, ...]]) -> tuple[NamedTensor, ...]:
    first = feeds[0]
    names = [named.alias for named in first]
    for index, feed in enumerate(feeds):
        given = [named.alias for named in feed]
        if given != names:
            raise ValueError(f"feed {index} has {given}, the first {names}; give each the same inputs")
    for parts in zip(*feeds, strict=True):
        if len({(part.tensor.array.shape[1:], bool(part.tensor.lod)) for part in parts}) > 1:
            raise ValueError(
                f"feed {parts[0].alias!r} differs in shape from instance to instance; send them one by one"
            )
    joined = merge([{named.alias: named.tensor for named in feed} for feed in feeds])
    return tuple(replace(named, tensor=joined[named.alias]) for named in first)
