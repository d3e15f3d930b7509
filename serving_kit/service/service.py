"""The transport-neutral core: which model answers, what is checked, in which order models run."""

import asyncio
import logging
import time
from collections.abc import Sequence
from itertools import pairwise

from serving_kit.errors import BadInput, DeadlineExceeded, NotFound
from serving_kit.metrics.counters import Metrics
from serving_kit.service.model import ServedModel
from serving_kit.types import InferRequest, InferResponse, NamedTensor

log = logging.getLogger(__name__)


class Service:
    """Models under their names, answering requests on their executors' threads.

    `is_ready` turns false when a server drains: it then answers what it has and tells balancers to look elsewhere.
    """

    def __init__(self, models: Sequence[ServedModel], metrics: Metrics | None = None) -> None:
        self.models = tuple(models)
        self.metrics = metrics
        self.is_ready = True
        names = [model.name for model in self.models]
        if not names or len(set(names)) < len(names):
            raise BadInput(f"a server needs models of different names, got {names}; name them with --name")

    def model(self, name: str) -> ServedModel:
        """Return the model of that name; NotFound lists those there are."""
        for model in self.models:
            if model.name == name:
                return model
        raise NotFound(f"model {name!r} is not served here; this server has {[model.name for model in self.models]}")

    async def infer(self, name: str | None, request: InferRequest) -> InferResponse:
        """Answer with one model or, where `name` is None, with all in sequence, each fed by the one before.

        Cancelling the call cancels what the executors have not begun. Raises BadInput, NotFound, Overloaded,
        DeadlineExceeded or Internal.
        """
        models = self.models if name is None else (self.model(name),)
        started_s = time.perf_counter()
        succeeded = False
        try:
            async with asyncio.timeout(request.deadline_s):
                response = await _run(models, request)
            succeeded = True
        except TimeoutError:
            raise DeadlineExceeded(f"no answer within {request.deadline_s} s; allow more or ask for less") from None
        finally:
            duration_s = time.perf_counter() - started_s
            outcome = "answered" if succeeded else "failed"
            log.debug("%s %s in %.1f ms, log_id %d", models[-1].name, outcome, duration_s * 1e3, request.log_id)
            if self.metrics:
                self.metrics.request_done(models[-1].name, succeeded=succeeded, duration_s=duration_s)
        return response


async def _run(models: Sequence[ServedModel], request: InferRequest) -> InferResponse:
    marks_us = [_now_us()]
    fetches = models[-1].fetches(request.fetch)
    feeds = models[0].feeds(request.tensors)
    marks_us.append(_now_us())
    outputs = await asyncio.wrap_future(models[0].executor.submit(feeds))
    for before, model in pairwise(models):
        marks_us.append(_now_us())
        outputs = await asyncio.wrap_future(model.executor.submit(model.feeds_from(outputs, before)))
    marks_us.append(_now_us())
    answer = tuple(NamedTensor(spec.name, outputs[spec.name], spec.alias) for spec in fetches)
    marks_us.append(_now_us())
    steps_us = [mark for step in pairwise(marks_us) for mark in step] if request.profile else []
    # Paddle Serving names an answer by the operator that made it, numbered in the order they run.
    engine_name = f"GeneralInferOp_{len(models) - 1}"
    return InferResponse(models[-1].name, answer, engine_name, (*steps_us, marks_us[0], marks_us[-1]))


def _now_us() -> int:
    return time.time_ns() // 1000
