"""A way to ask for an inference over HTTP, without a word of how its bytes came here."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from serving_kit.errors import ServingKitError, unforeseen
from serving_kit.service.call import Pending
from serving_kit.service.service import Service
from serving_kit.transports.http.answer import Answer
from serving_kit.types import Body, InferRequest, InferResponse

log = logging.getLogger(__name__)

Encode = Callable[[InferResponse], Answer]
Tell = Callable[[Answer], None]


class Asked(Protocol):
    """A question on its way to its answer."""

    def cancel(self) -> object:
        """Give it up: nobody wants the answer, and `Tell` is not told of it."""


class Question(ABC):
    """What the head of a request asks; made once for all requests of the same head, `path` is for the log."""

    def __init__(self, path: str, headers: Mapping[str, str]) -> None:
        self.path = path
        self.headers = headers

    @abstractmethod
    def check(self) -> None:
        """Refuse with a ServingKitError what need not be read any further."""

    @abstractmethod
    def ask(self, body: Body, tell: Tell) -> Asked | None:
        """Ask and tell the answer, or the refusal, once it is there, which may be before this returns; never raises."""

    @abstractmethod
    def refuse(self, error: ServingKitError) -> Answer:
        """Return the answer that tells an error."""

    def refused(self, error: Exception) -> Answer:
        """Return the answer that tells any error; one that nobody foresaw is logged and becomes Internal."""
        if isinstance(error, ServingKitError):
            return self.refuse(error)
        log.error("POST %s failed", self.path, exc_info=error)
        return self.refuse(unforeseen(error))


class TaskQuestion(Question):
    """A question whose answer takes a task."""

    @abstractmethod
    async def answered(self, body: Body) -> Answer:
        """Return the answer to a body; what it raises is told by `refuse`."""

    def ask(self, body: Body, tell: Tell) -> Asked | None:
        """Begin to answer in a task, where there is room."""
        try:
            self.check()
        except ServingKitError as error:
            tell(self.refused(error))
            return None
        task = asyncio.get_running_loop().create_task(self.answered(body))
        task.add_done_callback(partial(self._told, tell))
        return task

    def _told(self, tell: Tell, task: asyncio.Task[Answer]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            tell(task.result())
        else:
            tell(self.refused(error if isinstance(error, Exception) else RuntimeError(repr(error))))


class ModelQuestion(Question):
    """A question that models of a service answer."""

    def __init__(self, service: Service, path: str, headers: Mapping[str, str]) -> None:
        super().__init__(path, headers)
        self.service = service

    @property
    @abstractmethod
    def model_name(self) -> str | None:
        """The model that is asked, None for the server's workflow; NotFound where there is no such model."""

    @abstractmethod
    def decode(self, body: Body) -> tuple[str | None, InferRequest, Encode]:
        """Return the model's name, None for the server's workflow, the request, and how to write its answer."""

    def ask(self, body: Body, tell: Tell) -> Asked | None:
        """Begin to answer on the models' executors."""
        try:
            self.service.check_room(self.model_name)
            model, request, encode = self.decode(body)
            return self.service.begin(model, request, partial(self._answer, encode, tell))
        except Exception as error:  # noqa: BLE001 - told to the client
            tell(self.refused(error))
            return None

    def _answer(self, encode: Encode, tell: Tell, pending: Pending) -> None:
        try:
            answer = encode(pending.response())
        except Exception as error:  # noqa: BLE001 - told to the client
            answer = self.refused(error)
        tell(answer)
