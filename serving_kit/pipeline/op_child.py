"""What one process of an op does: prepare the op, then answer batch after batch until its socket ends."""

import asyncio
import contextlib
import inspect
import logging
import os
import socket
import time
from collections.abc import Callable
from typing import Any

from serving_kit.codecs.op_message import encode
from serving_kit.errors import BadInput, Internal, ServingKitError
from serving_kit.pipeline.batch import answer_batch
from serving_kit.pipeline.codes import ErrNo, OpError
from serving_kit.pipeline.flow import Answer
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.op_socket import receive
from serving_kit.pipeline.sample import Sample
from serving_kit.pipeline.stage import Answers, Ticket
from serving_kit.pipeline.work import answer_here, has_coroutines

log = logging.getLogger(__name__)

Prepare = Callable[[Op, int], None]
"""Makes an op ready in its process, whose number among those of the op is given."""


def live(op: Op, number: int, prepare: Prepare, connection: socket.socket) -> None:
    """Tell the process's number, then how `prepare` went; then answer batches, one at a time."""
    with contextlib.suppress(EOFError, ConnectionError):  # the server has gone, or wants no more
        connection.sendall(encode(os.getpid(), "the process"))
        try:
            prepare(op, number)
        except Exception as raised:  # noqa: BLE001 - told to the server
            odd = Internal(f"op {op.name!r} cannot begin: {type(raised).__name__}: {raised}")
            error = raised if isinstance(raised, ServingKitError) else odd
            connection.sendall(encode(told(error), "the error"))
            raise SystemExit(1) from None
        connection.sendall(encode(None, "no error"))
        if has_coroutines(op):
            asyncio.run(_answer_on_loop(op, connection))
        else:
            _answer(op, connection)


def told(error: ServingKitError) -> list[Any]:
    """Return an error as plain values."""
    return [error.err_no if isinstance(error, OpError) else None, error.kind.value, str(error)]


def _answer(op: Op, connection: socket.socket) -> None:
    loop = asyncio.new_event_loop()  # never runs
    while True:
        tickets = _tickets(connection, loop)
        connection.sendall(_written(op, answer_here(op, tickets)))


async def _answer_on_loop(op: Op, connection: socket.socket) -> None:
    async def call(hook: Callable[..., Any], *arguments: Any) -> Any:
        return await (hook(*arguments) if inspect.iscoroutinefunction(hook) else asyncio.to_thread(hook, *arguments))

    loop = asyncio.get_running_loop()
    while True:
        tickets = await asyncio.to_thread(_tickets, connection, loop)  # what the op left on the loop goes on meanwhile
        written = _written(op, await answer_batch(op, tickets, call))
        await asyncio.to_thread(connection.sendall, written)


def _tickets(connection: socket.socket, loop: asyncio.AbstractEventLoop) -> list[Ticket]:
    return [
        Ticket(Sample(data_id, log_id), values, loop.create_future(), time.monotonic())
        for data_id, log_id, values in receive(connection)
    ]


def _written(op: Op, answers: Answers) -> bytes:
    told_of = [told(one) if isinstance(one, ServingKitError) else [one.value, one.jumps] for one in answers]
    try:
        return encode([list(answers.timing), told_of], "the answers")
    except BadInput:
        able = [_able(op, one) for one in answers]
        return _written(op, Answers(able, answers.timing))


def _able(op: Op, answer: Answer | ServingKitError) -> Answer | ServingKitError:
    """Return an answer, or the error that its values cannot travel."""
    try:
        if isinstance(answer, Answer):
            encode(answer.value, f"the answer of op {op.name!r}", inside=3)
    except BadInput as error:
        log.error("op %s: %s", op.name, error)
        return OpError(ErrNo.TYPE_ERROR, str(error), op.name)
    return answer
