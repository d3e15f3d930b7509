"""A question on its way through the application: read its body, ask, and wait as long as somebody wants the answer."""

import asyncio

from fastapi import Request, Response
from starlette.requests import ClientDisconnect

from serving_kit.errors import ServingKitError
from serving_kit.transports.http.answer import Answer
from serving_kit.transports.http.body import read_body
from serving_kit.transports.http.question import Question
from serving_kit.transports.http.status import CLIENT_CLOSED_REQUEST, closing_unread


async def exchange(request: Request, question: Question, limit_bytes: int) -> Response:
    """Return the answer to a question whose body, of at most `limit_bytes`, is still to be read."""
    try:
        question.check()
        body = await read_body(request, limit_bytes)
        answer = await _asked(request, question, body)
    except ServingKitError as error:
        return closing_unread(request, question.refused(error).response())
    except ClientDisconnect:
        return Response(status_code=CLIENT_CLOSED_REQUEST)
    return answer.response()


async def _asked(request: Request, question: Question, body: bytes) -> Answer:
    """Ask, and give the question up when the client goes away: nobody is left to answer."""
    told: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def tell(answer: Answer) -> None:
        if not told.done():
            told.set_result(answer)

    pending = question.ask(body, tell)
    gone = asyncio.ensure_future(_disconnection(request))
    try:
        await asyncio.wait((told, gone), return_when=asyncio.FIRST_COMPLETED)
        if not told.done():
            raise ClientDisconnect
        return told.result()
    finally:
        if pending:
            pending.cancel()
        gone.cancel()


async def _disconnection(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
