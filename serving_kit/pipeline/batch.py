"""What one op does with a batch: each request prepared, all asked at once, each answer finished.

Feeds of one form are joined along their first axis and their answers taken apart again. An error in one request leaves
the others alone: where a joined batch fails, its requests are asked one by one, so that each hears its own error. What
the op's cache knows is not asked, and requests of different variants are not joined.
"""

import logging
import os
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from serving_kit.errors import ServingKitError
from serving_kit.pipeline.codes import ErrNo, OpError, WrongType, failed_to_predict, number_of
from serving_kit.pipeline.flow import Answer
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.op_cache import Key, OpCache
from serving_kit.pipeline.stage import Answers, Ticket
from serving_kit.pipeline.timing import Timing
from serving_kit.pipeline.variants import Variants

log = logging.getLogger(__name__)

Feed = Mapping[str, Any]


@dataclass(slots=True, eq=False)
class _Asked:
    """One request of the batch after `preprocess`: its feed or, where `is_skipped`, its answer already."""

    ticket: Ticket
    feed: Any
    is_skipped: bool


Call = Callable[..., Awaitable[Any]]
"""Calls a hook with its arguments, wherever it may run, and waits for what it returns."""


async def answer_batch(op: Op, tickets: Sequence[Ticket], call: Call) -> Answers:
    """Answer the tickets of one batch with the op's hooks, in their order; each has an answer or its own error."""
    began_at = time.monotonic()
    results: dict[Ticket, Any] = {}
    asked = []
    for ticket in tickets:
        try:
            asked.append(await _prepared(op, call, ticket))
        except Exception as error:  # noqa: BLE001 - a hook may raise anything
            results[ticket] = _told(op, ticket, "preprocess", error)
    prepared_at = time.monotonic()
    unasked = [one for one in asked if not one.is_skipped]
    keys, known = _known(op._answers, unasked)
    for group in _groups(op, [one for one in unasked if one.ticket not in known]):
        outputs = await _processed(op, call, group)
        _keep(op._answers, keys, outputs)
        results |= outputs
    results |= known
    results |= {one.ticket: one.feed for one in asked if one.is_skipped}
    processed_at = time.monotonic()
    answers = [
        result if isinstance(result, ServingKitError) else await _finished(op, call, ticket, result)
        for ticket in tickets
        for result in (results[ticket],)
    ]
    where = os.getpid(), threading.get_native_id()
    return Answers(answers, Timing(began_at, prepared_at, processed_at, time.monotonic(), *where))


async def _prepared(op: Op, call: Call, ticket: Ticket) -> _Asked:
    sample = ticket.sample
    feed, is_skipped, err_no, text = await call(op.preprocess, ticket.values, sample.data_id, sample.log_id)
    if err_no is not None:
        raise OpError(err_no, text, op.name)
    if not isinstance(feed, (dict, list)):
        raise WrongType(f"preprocess of op {op.name!r} must return a dict or a list of them, not {type(feed).__name__}")
    asks_nobody = op.client is None and type(op).process is Op.process
    return _Asked(ticket, feed, bool(is_skipped) or asks_nobody)


def _known(cache: OpCache | None, asked: Sequence[_Asked]) -> tuple[Mapping[Ticket, Key | None], Mapping[Ticket, Any]]:
    """Return under what the requests' outputs are kept, and those that are."""
    if cache is None:
        return {}, {}
    keys = {one.ticket: cache.key(one.feed) for one in asked}
    return keys, {ticket: kept for ticket, key in keys.items() if (kept := cache.get(key)) is not None}


def _keep(cache: OpCache | None, keys: Mapping[Ticket, Key | None], outputs: Mapping[Ticket, Any]) -> None:
    for ticket, values in outputs.items():
        if cache is not None and not isinstance(values, ServingKitError):
            cache.put(keys[ticket], values)


def _groups(op: Op, asked: Sequence[_Asked]) -> list[list[_Asked]]:
    """Put together the requests that can share one call: those of one variant whose arrays fit along the first axis."""
    if len(asked) < 2:
        return [list(asked)] if asked else []
    groups: dict[object, list[_Asked]] = {}
    for one in asked:
        groups.setdefault((_form(one.feed) or id(one), _variant(op, one.ticket)), []).append(one)
    return list(groups.values())


def _variant(op: Op, ticket: Ticket) -> str:
    """Return which variant a request's number leads to; those without one may go with each other to any."""
    log_id = ticket.sample.log_id
    return op.client.variant_of(log_id) if log_id and isinstance(op.client, Variants) else ""


def _form(feed: Any) -> object:
    """Return what two feeds must have in common to be joined; None for one that must be asked by itself."""
    if not isinstance(feed, dict) or not feed:
        return None
    if not all(isinstance(value, np.ndarray) and value.ndim for value in feed.values()):
        return None
    if len({len(value) for value in feed.values()}) > 1 or any(name.endswith(".lod") for name in feed):
        return None
    return tuple((name, value.dtype, value.shape[1:]) for name, value in sorted(feed.items()))


async def _processed(op: Op, call: Call, group: Sequence[_Asked]) -> dict[Ticket, Any]:
    if len(group) > 1:
        try:
            return await _joined(op, call, group)
        except Exception as error:  # noqa: BLE001 - as above
            log.warning("op %s: a batch of %d failed and is asked one by one: %s", op.name, len(group), error)
    results: dict[Ticket, Any] = {}
    for one in group:
        try:
            feeds = one.feed if isinstance(one.feed, list) else [one.feed]
            outputs = [await _asked(op, call, feed, one.ticket.sample.log_id) for feed in feeds]
            results[one.ticket] = outputs if isinstance(one.feed, list) else outputs[0]
        except Exception as error:  # noqa: BLE001 - as above
            results[one.ticket] = _told(op, one.ticket, "process", error)
    return results


async def _joined(op: Op, call: Call, group: Sequence[_Asked]) -> dict[Ticket, Any]:
    first, counts = group[0], [len(next(iter(one.feed.values()))) for one in group]
    feed = {name: np.concatenate([one.feed[name] for one in group]) for name in first.feed}
    outputs = await _asked(op, call, feed, first.ticket.sample.log_id)
    ends = np.cumsum(counts).tolist()
    wrong = [name for name, value in outputs.items() if not hasattr(value, "__len__") or len(value) != ends[-1]]
    if wrong:
        raise WrongType(f"output {wrong[0]!r} has not one entry for each of {ends[-1]} instances")
    return {
        one.ticket: {name: value[end - count : end] for name, value in outputs.items()}
        for one, end, count in zip(group, ends, counts, strict=True)
    }


async def _asked(op: Op, call: Call, feed: Feed, log_id: int) -> Any:
    outputs, err_no, text = await call(op.process, [feed], log_id)
    if err_no or outputs is None:
        raise OpError(err_no or ErrNo.CLIENT_ERROR, text or "the model gave no answer", op.name)
    return outputs


async def _finished(op: Op, call: Call, ticket: Ticket, outputs: Any) -> Answer | ServingKitError:
    sample = ticket.sample
    try:
        answer, err_no, text = await call(op.postprocess, ticket.values, outputs, sample.data_id, sample.log_id)
        if err_no is not None:
            raise OpError(err_no, text, op.name)
        if not isinstance(answer, dict):
            raise WrongType(f"postprocess of op {op.name!r} must return a dict, not {type(answer).__name__}")
        jumps = bool(op.get_jump_to_ops()) and bool(await call(op.check_jumping, answer))
        return Answer(answer, jumps)
    except Exception as error:  # noqa: BLE001 - as above
        return _told(op, ticket, "postprocess", error)


def _told(op: Op, ticket: Ticket, step: str, error: Exception) -> ServingKitError:
    """Return the error as the client hears it, in the words of Paddle Serving's pipeline, and log the whole of it."""
    sample = ticket.sample
    log.error("data_id=%d log_id=%d op %s: %s failed", sample.data_id, sample.log_id, op.name, step, exc_info=error)
    if isinstance(error, OpError) and step != "process":
        return error
    err_no = error.err_no if isinstance(error, OpError) else number_of(error)
    if step == "process":
        return OpError(err_no, failed_to_predict(op.name, str(error)), op.name)
    if op.is_step:
        said = str(error)
        return OpError(err_no, said if said.startswith("step ") else f"step {op.name!r}: {said}", op.name)
    where = f"{type(op).__name__}.{step}"
    text = str(error).replace("'", "")
    return OpError(
        err_no, f"Log_id: {sample.log_id}  Raise_msg: {text}  ClassName: {where}  FunctionName: {step}", op.name
    )
