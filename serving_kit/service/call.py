"""One request to one model on its way, on callbacks: a task and its timeout cost more than a small model."""

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

from serving_kit.batching.executor import NO_DEMAND, Demand, Outputs
from serving_kit.batching.merge import instances
from serving_kit.errors import DeadlineExceeded, ServingKitError, Unavailable, unforeseen
from serving_kit.service.model import ServedModel
from serving_kit.types import InferRequest, InferResponse, ModelOutput

log = logging.getLogger(__name__)
_is_debugged = partial(log.isEnabledFor, logging.DEBUG)


class Pending(Protocol):
    """A request on its way."""

    def response(self) -> InferResponse:
        """Return the answer once it is told to be there; raises the ServingKitError that came instead."""

    def cancel(self) -> None:
        """Give the request up: nobody wants the answer, and `Done` is not told of it."""


Done = Callable[[Pending], None]
"""Told once that a request's answer is there, perhaps before the call that began it returns."""


class Call:
    """One request to one model; begun by `begin`, on the event loop's thread like everything here."""

    __slots__ = (
        "_done",
        "_engine_name",
        "_error",
        "_feeds",
        "_fetch",
        "_future",
        "_is_over",
        "_model",
        "_request",
        "_response",
        "_start_ns",
        "_start_us",
        "_submitted_ns",
        "_timer",
    )

    def __init__(self, model: ServedModel, engine_name: str, request: InferRequest, done: Done) -> None:
        self._model = model
        self._engine_name = engine_name
        self._request = request
        self._done = done
        self._is_over = False
        self._error: ServingKitError | None = None
        self._response: InferResponse | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Check the request and queue it; what is wrong at once is raised, and counted as a failure."""
        self._start_us = time.time_ns() // 1000
        self._start_ns = time.perf_counter_ns()
        request, model = self._request, self._model
        try:
            self._fetch = model.fetches(request.fetch)
            self._feeds = model.feeds(request.tensors, may_lack_batch=request.may_lack_batch)
            self._submitted_ns = time.perf_counter_ns()
            demand = NO_DEMAND if request.deadline_s is None else self._demand(request.deadline_s)
            self._future = future = model.executor.submit(self._feeds, demand)
        except BaseException:
            self._fail()
            raise
        if future.done():
            self._finish(future)
        else:
            future.add_done_callback(self._finish)

    def response(self) -> InferResponse:
        """Return the answer, or raise the error that came instead."""
        if self._response is None:
            raise self._error or RuntimeError("the answer is not there yet; wait until it is told")
        return self._response

    def cancel(self) -> None:
        """Give the request up."""
        if not self._is_over:
            self._fail()
            self._future.cancel()

    def _demand(self, timeout_s: float) -> Demand:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(timeout_s, self._expire)
        return Demand(loop.time() + timeout_s)

    def _expire(self) -> None:
        if self._is_over:
            return
        timeout_s = self._request.deadline_s
        self._error = DeadlineExceeded(f"no answer within {timeout_s} s; allow more or ask for less")
        self.cancel()
        self._done(self)

    def _finish(self, future: asyncio.Future[Outputs]) -> None:
        if self._is_over:
            return
        try:
            self._answer(future.result(), time.perf_counter_ns())
        except ServingKitError as error:
            self._error = error
        except asyncio.CancelledError:
            self._error = Unavailable("the server gave this request up; ask again")
        except Exception as error:
            log.exception("a request failed")
            self._error = unforeseen(error)
        if self._error is not None:
            self._fail()
        self._done(self)

    def _answer(self, outputs: Outputs, ended_ns: int) -> None:
        model, request = self._model, self._request
        tensors = model.answers(self._fetch, outputs)
        start_ns, submitted_ns, done_ns = self._start_ns, self._submitted_ns, time.perf_counter_ns()
        start_us = self._start_us
        end_us = start_us + (done_ns - start_ns) // 1000
        profile_us: tuple[int, ...] = (start_us, end_us)
        if request.profile:
            submitted_us = start_us + (submitted_ns - start_ns) // 1000
            ended_us = start_us + (ended_ns - start_ns) // 1000
            profile_us = (start_us, submitted_us, submitted_us, ended_us, ended_us, end_us, *profile_us)
        output = ModelOutput(self._engine_name, model.name, tensors)
        self._response = InferResponse((output,), profile_us, request.log_id)
        model.statistics.answered(
            instances(self._feeds) or 1, submitted_ns - start_ns, ended_ns - submitted_ns, done_ns - ended_ns
        )
        self._is_over = True
        if self._timer:
            self._timer.cancel()
        count(model, request, done_ns - start_ns, succeeded=True)

    def _fail(self) -> None:
        self._is_over = True
        if self._timer:
            self._timer.cancel()
        count(self._model, self._request, time.perf_counter_ns() - self._start_ns, succeeded=False)


def count(model: ServedModel, request: InferRequest, duration_ns: int, *, succeeded: bool) -> None:
    """Count a query that a model answered, or failed to."""
    model.statistics.queried(duration_ns, succeeded)
    if not succeeded:
        model.statistics.failed(duration_ns)
    if _is_debugged():
        outcome = "answered" if succeeded else "failed"
        log.debug("%s %s in %.1f ms, log_id %d", model.name, outcome, duration_ns / 1e6, request.log_id)
