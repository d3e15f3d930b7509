"""`Pipeline`: ops in a graph, ready to answer; built from the last op of a script and config.yml."""

import asyncio
import itertools
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.errors import BadInput, ServingKitError, unforeseen
from serving_kit.pipeline.codes import NoService, OpError
from serving_kit.pipeline.config import OpSettings, PipelineConfig
from serving_kit.pipeline.ends import ChannelData, RequestOp, ResponseOp
from serving_kit.pipeline.flow import Flow
from serving_kit.pipeline.graph import ENTRY, Graph, Node
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.running import Running
from serving_kit.pipeline.sample import Sample
from serving_kit.pipeline.stage import BatchStage
from serving_kit.pipeline.threads import OpThreads
from serving_kit.pipeline.work import thread_work

log = logging.getLogger(__name__)

ClientFor = Callable[[Op, Running], Any]
"""Makes what an op's `process` asks with `predict`; None for an op that asks nobody."""


class Pipeline:
    """Answers requests with ops; every method belongs to one event loop."""

    def __init__(
        self,
        name: str,
        response: ResponseOp,
        config: PipelineConfig,
        client_for: ClientFor,
        request: RequestOp | None = None,
    ) -> None:
        self.name = name
        self._response = response
        self._request = request
        self._config = config
        self._numbers = itertools.count()
        ops = list(_ops(response))
        self._request = request or next((op for op in ops if isinstance(op, RequestOp)), None) or RequestOp()
        self._ops = {op.name: op for op in ops if not isinstance(op, RequestOp)}
        unknown = [section for section in config.op if section not in self._ops]
        if unknown:
            raise BadInput(f"config.yml has a section for op {unknown[0]!r}, but the ops are {', '.join(self._ops)}")
        takes_first = config.dag.channel_recv_frist_arrive
        self.graph = Graph(
            Node(
                op.name,
                tuple(before.name for before in op.get_input_ops()),
                tuple(target.name for target in op.get_jump_to_ops()),
                takes_first,
            )
            for op in self._ops.values()
        )
        self.running: Mapping[str, Running] = {
            op.name: Running.of(op, config.op.get(op.name, OpSettings()), config.dag) for op in self._ops.values()
        }
        self._client_for = client_for
        self._threads: list[OpThreads] = []
        self.stages: dict[str, BatchStage] = {}

    async def start(self) -> None:
        """Make clients, run every `init_op` and open the stages; ServingKitError names the op that cannot begin."""
        for op in self._ops.values():
            running = self.running[op.name]
            threads = OpThreads(op.name, running.concurrency)
            self._threads.append(threads)
            try:
                await threads.run(lambda op=op, running=running: self._prepare(op, running))  # type: ignore[misc]
            except ServingKitError:
                raise
            except Exception as error:
                log.exception("op %s cannot begin", op.name)
                raise BadInput(f"init_op of op {op.name!r} failed: {type(error).__name__}: {error}") from error
            self.stages[op.name] = BatchStage(
                thread_work(op, threads, running.timeout_s, running.attempts),
                concurrency=running.concurrency,
                batch_size=running.batch_size,
                wait_s=running.wait_s,
                capacity=self._config.dag.channel_size,
            )

    async def stop(self) -> None:
        """Tell whoever waits that the pipeline is closed, and end what runs."""
        await asyncio.gather(*(stage.stop() for stage in self.stages.values()))
        for threads in self._threads:
            threads.stop()

    async def answer(self, request: pb.Request, deadline_s: float | None = None) -> pb.Response:
        """Answer one request; what goes wrong is in the answer's `err_no` and `err_msg`."""
        data_id = next(self._numbers)
        sample = Sample(data_id, request.logid, _deadline(deadline_s))
        value, error = None, None
        try:
            value = await self._answered(request, sample)
        except ServingKitError as raised:
            error = raised
        except Exception as raised:
            log.exception("data_id=%d log_id=%d failed", data_id, sample.log_id)
            error = unforeseen(raised)
        outcome = "answered" if error is None else f"failed: {error}"
        log.info("data_id=%d log_id=%d %s", data_id, sample.log_id, outcome)
        return self._response.pack_response_package(ChannelData(value, error, data_id, sample.log_id))

    async def _answered(self, request: pb.Request, sample: Sample) -> dict[str, Any]:
        if request.name and request.name != self.name:
            raise NoService("Failed to inference: Service name error.")
        assert self._request is not None  # noqa: S101 - set when this was made
        values, log_id, err_no, text = self._request.unpack_request_package(request)
        if err_no:
            raise OpError(err_no, text, ENTRY)
        sample.log_id = log_id or 0
        answer: dict[str, Any] = await Flow(self.graph, self.stages, sample).run(values)
        return answer

    def _prepare(self, op: Op, running: Running) -> None:
        op.client = self._client_for(op, running)
        op.init_op()


def _ops(last: Op) -> Iterator[Op]:
    """Yield the ops that lead to the last one, each once; it itself, which only packs answers, is none of them."""
    seen: dict[int, Op] = {}
    waiting = [*last.get_input_ops()]
    while waiting:
        op = waiting.pop()
        if id(op) not in seen:
            seen[id(op)] = op
            waiting += [*op.get_input_ops(), *op.get_jump_to_ops()]
    yield from seen.values()


def _deadline(deadline_s: float | None) -> float | None:
    return None if deadline_s is None else asyncio.get_running_loop().time() + deadline_s
