"""One request on its way through several models, as a workflow leads it."""

import asyncio
import time
from itertools import pairwise

from serving_kit.batching.executor import Demand, Outputs
from serving_kit.batching.merge import instances
from serving_kit.errors import BadInput
from serving_kit.service.model import ServedModel
from serving_kit.service.workflow import Node, Workflow
from serving_kit.types import InferRequest, InferResponse, ModelOutput, NamedTensor, TensorSpec


class Run:
    """One request on its way through a workflow."""

    def __init__(self, workflow: Workflow, models: dict[str, ServedModel], request: InferRequest) -> None:
        self._workflow = workflow
        self._models = models
        self._request = request
        timeout_s = request.deadline_s
        self._deadline_at = None if timeout_s is None else asyncio.get_running_loop().time() + timeout_s
        self._nodes = {node.name: node for node in workflow.nodes}
        self.answering = [models[self._nodes[name].model] for name in workflow.answers]

    async def response(self) -> InferResponse:
        """Return the answer; a ServingKitError says why there is none, and what was queued for it is given up."""
        marks_us = [_now_us()]
        fetches = self._fetches()
        done: dict[str, Outputs] = {}
        for level in self._workflow.levels:
            started_ns = time.perf_counter_ns()
            feeds = [self._feeds(node, done) for node in level]
            submitted_ns = time.perf_counter_ns()
            marks_us.append(_now_us())
            demand = Demand(self._deadline_at)
            futures = [
                self._models[node.model].executor.submit(feed, demand) for node, feed in zip(level, feeds, strict=True)
            ]
            try:
                results = await asyncio.gather(*futures) if len(futures) > 1 else [await futures[0]]
            finally:
                for future in futures:
                    future.cancel()
            ended_ns = time.perf_counter_ns()
            for node, feed, result in zip(level, feeds, results, strict=True):
                done[node.name] = result
                self._models[node.model].statistics.answered(
                    instances(feed) or 1,
                    submitted_ns - started_ns,
                    ended_ns - submitted_ns,
                    time.perf_counter_ns() - ended_ns,
                )
        marks_us.append(_now_us())
        outputs = tuple(
            ModelOutput(name, model.name, tuple(model.answer(spec, done[name]) for spec in fetch))
            for name, model, fetch in zip(self._workflow.answers, self.answering, fetches, strict=True)
        )
        marks_us.append(_now_us())
        steps_us = [mark for step in pairwise(marks_us) for mark in step] if self._request.profile else []
        return InferResponse(outputs, (*steps_us, marks_us[0], marks_us[-1]), self._request.log_id)

    def _feeds(self, node: Node, done: dict[str, Outputs]) -> Outputs:
        model = self._models[node.model]
        if not node.inputs:
            return model.feeds(self._request.tensors, may_lack_batch=self._request.may_lack_batch)
        before = [
            NamedTensor(spec.name, done[name][spec.name], spec.alias)
            for name in node.inputs
            for spec in self._models[self._nodes[name].model].outputs
        ]
        return model.feeds_from(before)

    def _fetches(self) -> list[tuple[TensorSpec, ...]]:
        """Return what each answering model gives of the outputs asked for; each must be known to one of them."""
        asked = self._request.fetch
        if len(self.answering) == 1 or not asked:
            return [model.fetches(asked) for model in self.answering]
        for alias in asked:
            if not any(model.gives(alias) for model in self.answering):
                known = sorted({spec.alias for model in self.answering for spec in model.outputs})
                raise BadInput(f"output {alias!r} is unknown; this server gives {known}")
        wanted = [[alias for alias in asked if model.gives(alias)] for model in self.answering]
        return [
            model.fetches(aliases) if aliases else () for model, aliases in zip(self.answering, wanted, strict=True)
        ]


def _now_us() -> int:
    return time.time_ns() // 1000
