"""The transport-neutral core: which models answer, what is checked, in which order they run."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from contextlib import nullcontext

from serving_kit.errors import DeadlineExceeded, Overloaded
from serving_kit.metrics.counters import Metrics
from serving_kit.service.call import Call, Done, Pending, count
from serving_kit.service.model import ServedModel
from serving_kit.service.repository import Load, Repository
from serving_kit.service.run import Run
from serving_kit.service.workflow import ENGINE_NAME, Workflow
from serving_kit.types import InferRequest, InferResponse

_ALONE = ENGINE_NAME.format(0)


class Service:
    """Models under their names, answering requests on their executors' threads.

    `workflow` says how they answer together, one after the other where it is left out; `load` how a model is loaded
    again. `is_ready` turns false when a server drains: it then answers what it has and sends balancers elsewhere.
    """

    def __init__(
        self,
        models: Sequence[ServedModel],
        metrics: Metrics | None = None,
        workflow: Workflow | None = None,
        load: Load | None = None,
    ) -> None:
        self.repository = Repository(models, load)
        self.workflow = workflow or Workflow.sequence(self.repository.names)
        self._only = self.workflow.nodes[0] if len(self.workflow.nodes) == 1 else None
        self.metrics = metrics
        if metrics:
            metrics.follow(lambda: {model.name: model.statistics for model in self.models})
        self.is_ready = True

    @property
    def models(self) -> tuple[ServedModel, ...]:
        """The models that are ready."""
        return self.repository.models

    def model(self, name: str) -> ServedModel:
        """Return the model of that name; NotFound lists those there are."""
        return self.repository.get(name)

    def begin(self, name: str | None, request: InferRequest, done: Done) -> Pending:
        """Begin to answer with one model or, where `name` is None, with all of them as the workflow says.

        `done` is told once the answer is there, which may be before this returns; what is wrong at once is raised.
        Raises, here or from `response`, BadInput, NotFound, Overloaded, DeadlineExceeded, Unavailable or Internal.
        """
        if name is not None:
            call = Call(self.repository.get(name), _ALONE, request, done)
        elif self._only:
            call = Call(self.repository.get(self._only.model), self._only.name, request, done)
        else:
            return _Task(self._run(request), done)
        call.begin()
        return call

    def check_room(self, name: str | None) -> None:
        """Raise Overloaded where a model's queue is full, so that nobody reads a request only to refuse it."""
        node = self._only
        if name is None and node is None:
            return  # a workflow says itself which of its models is short of room
        model = self.repository.get(name or (node.model if node else ""))
        try:
            model.executor.check_room()
        except Overloaded:
            model.statistics.queried(0, succeeded=False)
            model.statistics.failed(0)
            raise

    async def infer(self, name: str | None, request: InferRequest) -> InferResponse:
        """Answer as `begin` does; cancelling the call gives the request up."""
        told = asyncio.get_running_loop().create_future()

        def tell(_: Pending) -> None:
            if not told.done():
                told.set_result(None)

        pending = self.begin(name, request, tell)
        try:
            await told
        finally:
            pending.cancel()
        return pending.response()

    async def _run(self, request: InferRequest) -> InferResponse:
        models = {node.model: self.model(node.model) for node in self.workflow.nodes}
        run = Run(self.workflow, models, request)
        started_ns = time.perf_counter_ns()
        succeeded = False
        try:
            async with nullcontext() if request.deadline_s is None else asyncio.timeout(request.deadline_s):
                response = await run.response()
            succeeded = True
        except TimeoutError:
            raise DeadlineExceeded(f"no answer within {request.deadline_s} s; allow more or ask for less") from None
        finally:
            count(run.answering[-1], request, time.perf_counter_ns() - started_ns, succeeded=succeeded)
        return response


class _Task:
    """A request to several models, which takes a task."""

    def __init__(self, run: Coroutine[None, None, InferResponse], done: Done) -> None:
        self._done = done
        self._task = asyncio.ensure_future(run)
        self._task.add_done_callback(self._finish)

    def response(self) -> InferResponse:
        """Return the answer, or raise the error that came instead."""
        return self._task.result()

    def cancel(self) -> None:
        """Give the request up, and what the executors have not begun of it."""
        self._task.cancel()

    def _finish(self, task: asyncio.Task[InferResponse]) -> None:
        if not task.cancelled():
            self._done(self)
