"""One request to one model on its way, on callbacks: a task and its timeout cost more than a small model."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Protocol

from serving_kit.batching.executor import NO_DEMAND, Demand, Outputs
from serving_kit.batching.merge import instances
from serving_kit.errors import DeadlineExceeded, ServingKitError, Unavailable, unforeseen
from serving_kit.service.model import ServedModel
from serving_kit.types import InferRequest, InferResponse, ModelOutput

log = logging.getLogger(__name__)


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
            self._future = model.executor.submit(self._feeds, self._demand(request.deadline_s))
        except BaseException:
            self._end(succeeded=False)
            raise
        if self._future.done():
            self._finish(self._future)
        else:
            self._future.add_done_callback(self._finish)

    def response(self) -> InferResponse:
        """Return the answer, or raise the error that came instead."""
        if self._response is None:
            raise self._error or RuntimeError("the answer is not there yet; wait until it is told")
        return self._response

    def cancel(self) -> None:
        """Give the request up."""
        if not self._is_over:
            self._end(succeeded=False)
            self._future.cancel()

    def _demand(self, timeout_s: float | None) -> Demand:
        if timeout_s is None:
            return NO_DEMAND
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
        self._end(succeeded=self._error is None)
        self._done(self)

    def _answer(self, outputs: Outputs, ended_ns: int) -> None:
        model, request = self._model, self._request
        tensors = tuple([model.answer(spec, outputs) for spec in self._fetch])
        done_ns = time.perf_counter_ns()
        input_ns, wait_ns = self._submitted_ns - self._start_ns, ended_ns - self._submitted_ns
        model.statistics.answered(
            instances(self._feeds) or 1, input_ns=input_ns, wait_ns=wait_ns, output_ns=done_ns - ended_ns
        )
        start_us = self._start_us
        end_us = start_us + (done_ns - self._start_ns) // 1000
        profile_us: tuple[int, ...] = (start_us, end_us)
        if request.profile:
            submitted_us = start_us + input_ns // 1000
            ended_us = start_us + (input_ns + wait_ns) // 1000
            profile_us = (start_us, submitted_us, submitted_us, ended_us, ended_us, end_us, *profile_us)
        output = ModelOutput(self._engine_name, model.name, tensors)
        self._response = InferResponse((output,), profile_us, request.log_id)

    def _end(self, *, succeeded: bool) -> None:
        self._is_over = True
        if self._timer:
            self._timer.cancel()
        count(self._model, self._request, self._start_ns, succeeded=succeeded)


def count(model: ServedModel, request: InferRequest, start_ns: int, *, succeeded: bool) -> None:
    """Count a query that a model answered, or failed to, and that began at a time of `perf_counter_ns`."""
    duration_ns = time.perf_counter_ns() - start_ns
    model.statistics.queried(duration_ns, succeeded=succeeded)
    if not succeeded:
        model.statistics.failed(duration_ns)
    if log.isEnabledFor(logging.DEBUG):
        outcome = "answered" if succeeded else "failed"
        log.debug("%s %s in %.1f ms, log_id %d", model.name, outcome, duration_ns / 1e6, request.log_id)
