"""How an op's batches are executed in processes of its own, with its timeout and retries."""

import logging
from collections.abc import Sequence
from typing import Any

from serving_kit.codecs.op_message import encode
from serving_kit.errors import BadInput, ServingKitError
from serving_kit.pipeline.codes import ErrNo, OpError, failed_to_predict
from serving_kit.pipeline.flow import Answer
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.op_process import EndedError
from serving_kit.pipeline.processes import OpProcesses
from serving_kit.pipeline.stage import Ticket, Work
from serving_kit.pipeline.work import tried

log = logging.getLogger(__name__)


def process_work(op: Op, processes: OpProcesses, timeout_s: float | None = None, attempts: int = 1) -> Work:
    """Return what answers the op's batches: a batch is one piece of work for a process.

    A process that takes longer than `timeout_s` is killed, and the batch begun again in another, `attempts` times in
    all. Where one ends by itself its batch is asked one by one, so that only the request that ends it hears of it.
    Values that cannot travel are the error of one request only.
    """

    async def attempt(tickets: Sequence[Ticket]) -> Sequence[Answer | ServingKitError]:
        try:
            batch = encode([_plain(ticket) for ticket in tickets], "the batch")
        except BadInput:
            return await attempt_able(tickets)
        try:
            return await processes.ask(batch, timeout_s)
        except EndedError as end:
            if len(tickets) > 1:
                log.warning("op %s: a batch of %d ended its process and is asked one by one", op.name, len(tickets))
                return [answer for ticket in tickets for answer in await work([ticket])]
            text = failed_to_predict(op.name, f"its process ended {end}")
            return [OpError(ErrNo.CLIENT_ERROR, text, op.name) for _ in tickets]

    async def attempt_able(tickets: Sequence[Ticket]) -> Sequence[Answer | ServingKitError]:
        errors = {ticket: error for ticket in tickets if (error := _unable(op, ticket))}
        able = [ticket for ticket in tickets if ticket not in errors]
        answers = dict(zip(able, await attempt(able), strict=True)) if able else {}
        return [errors.get(ticket) or answers[ticket] for ticket in tickets]

    work = tried(op, attempt, timeout_s, attempts)
    return work


def _plain(ticket: Ticket) -> list[Any]:
    return [ticket.sample.data_id, ticket.sample.log_id, dict(ticket.values)]


def _unable(op: Op, ticket: Ticket) -> OpError | None:
    """Return the error of a request whose values cannot travel."""
    try:
        encode(dict(ticket.values), f"what op {op.name!r} is given", inside=2)
    except BadInput as error:
        return OpError(ErrNo.TYPE_ERROR, str(error), op.name)
    return None
