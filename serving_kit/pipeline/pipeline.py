"""`Pipeline`: ops in a graph, ready to answer; built from the last op of a script and config.yml."""

import asyncio
import itertools
import logging
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Self

from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.errors import BadInput, Overloaded, ServingKitError, unforeseen
from serving_kit.pipeline.codes import ErrNo, NoService, OpError
from serving_kit.pipeline.config import OpSettings, PipelineConfig
from serving_kit.pipeline.ends import ChannelData, RequestOp, ResponseOp
from serving_kit.pipeline.flow import Flow
from serving_kit.pipeline.graph import ENTRY, Graph, Node
from serving_kit.pipeline.measure import OpMeasure, PipelineMeasure
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.op_cache import OpCache, cache_of
from serving_kit.pipeline.process_work import process_work
from serving_kit.pipeline.processes import OpProcesses
from serving_kit.pipeline.running import Running
from serving_kit.pipeline.sample import Sample
from serving_kit.pipeline.stage import BatchStage, Work
from serving_kit.pipeline.threads import OpThreads
from serving_kit.pipeline.trace import KEY, Trace, asked_for
from serving_kit.pipeline.variants import Variants, client_of
from serving_kit.pipeline.work import has_coroutines, thread_work
from serving_kit.pipeline.zygote import Zygote

log = logging.getLogger(__name__)

_AHEAD = 4  # batches that a thread finds when it is done, and need not be woken for
MOST_REQUESTS = 4096  # on their way at once; then another is refused

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
        self.measure = PipelineMeasure()
        self.on_their_way = 0
        self._response = response
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
        self._ops = {node.name: self._ops[node.name] for node in self.graph.nodes}  # in the order they run
        self.running: Mapping[str, Running] = {
            op.name: Running.of(op, config.op.get(op.name, OpSettings()), config.dag) for op in self._ops.values()
        }
        self._client_for = client_for
        self._threads: list[OpThreads] = []
        self._processes: list[OpProcesses] = []
        self._zygote: Zygote | None = None
        self.stages: dict[str, BatchStage] = {}

    def fork(self, sockets: Iterable[socket.socket] = ()) -> None:
        """Make ready to start ops in processes, where config.yml wants them; to be called before any thread or loop.

        The `sockets` are the server's, which those processes shall not hold.
        """
        if not self._config.dag.is_thread_op and self._zygote is None:
            self._zygote = Zygote(self._ops, self._prepare_in_process, sockets)

    async def start(self) -> None:
        """Make clients, run every `init_op` and open the stages; ServingKitError names the op that cannot begin."""
        try:
            for op in self._ops.values():
                await self._open(op, self.running[op.name])
        except BaseException:
            await self.stop()
            raise

    async def _open(self, op: Op, running: Running) -> None:
        is_in_thread = self._config.dag.is_thread_op and not has_coroutines(op)
        self.stages[op.name] = BatchStage(
            await self._work(op, running),
            name=op.name,
            measure=OpMeasure(self.measure.statistics),
            concurrency=running.concurrency,
            batch_size=running.batch_size,
            wait_s=running.wait_s,
            capacity=self._config.dag.channel_size,
            ahead=_AHEAD if is_in_thread and running.timeout_s is None else 0,  # what waits must not be timed yet
            is_cancellable=self._config.dag.is_thread_op and not is_in_thread,
        )

    async def _work(self, op: Op, running: Running) -> Work:
        if self._config.dag.is_thread_op:
            threads = OpThreads(op.name, running.concurrency)
            self._threads.append(threads)
            await threads.run(lambda: self._prepare(op, running))
            return thread_work(op, threads, running.timeout_s, running.attempts)
        if self._zygote is None:
            raise BadInput("is_thread_op is False, which needs a call of fork() before the event loop; call it first")
        processes = OpProcesses(self._zygote, op.name, running.concurrency)
        self._processes.append(processes)
        await processes.start()
        return process_work(op, processes, running.timeout_s, running.attempts)

    async def stop(self) -> None:
        """Tell whoever waits that the pipeline is closed, and end what runs."""
        await asyncio.gather(*(stage.stop() for stage in self.stages.values()))
        for threads in self._threads:
            threads.stop()
        for op in self._ops.values():
            if hasattr(op.client, "close"):
                op.client.close()
        for processes in self._processes:
            await processes.stop()
        if self._zygote:
            await self._zygote.close()
            self._zygote = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def variants(self) -> Mapping[str, Variants]:
        """By op, what divides requests among variants and shows them to a shadow; of ops in threads only."""
        return {name: op.client for name, op in self._ops.items() if isinstance(op.client, Variants)}

    @property
    def caches(self) -> Mapping[str, OpCache]:
        """By op, the answers that it keeps; of ops in threads only."""
        return {name: op._answers for name, op in self._ops.items() if op._answers is not None}

    def check_room(self) -> None:
        """Raise Overloaded where so many requests are on their way that another is better asked again later."""
        if self.on_their_way >= MOST_REQUESTS:
            raise Overloaded(f"{self.on_their_way} requests are being answered; ask again in a while")

    async def answer(self, request: pb.Request, deadline_s: float | None = None) -> pb.Response:
        """Answer one request; what goes wrong is in the answer's `err_no` and `err_msg`."""
        return self.packed(await self.outcome(request, deadline_s))

    def packed(self, outcome: ChannelData) -> pb.Response:
        """Return the message of an outcome."""
        began_at = time.monotonic()
        response = self._response.pack_response_package(outcome)
        if outcome.trace:
            outcome.trace.add("postpack", began_at)
            response.key.append(KEY)
            response.value.append(outcome.trace.text())
        return response

    async def outcome(self, request: pb.Request, deadline_s: float | None = None) -> ChannelData:
        """Return what the last op gave for one request, or the error that came instead."""
        sample = Sample(next(self._numbers), request.logid, _deadline(deadline_s))
        value, error = None, None
        try:
            value = await self._run(lambda: self._unpacked(request, sample), sample)
        except ServingKitError as raised:
            error = raised
        trace = sample.trace if sample.trace and sample.trace.form else None
        return ChannelData(value, error, sample.data_id, sample.log_id, trace)

    async def run(self, values: Mapping[str, Any], log_id: int = 0, deadline_at: float | None = None) -> dict[str, Any]:
        """Return what the last op gives for values; raises ServingKitError. The deadline is by the loop's clock."""
        sample = Sample(next(self._numbers), log_id, deadline_at)
        answer = await self._run(lambda: values, sample)
        return answer | {KEY: sample.trace.text()} if sample.trace and sample.trace.form else answer

    async def _run(self, read: Callable[[], Mapping[str, Any]], sample: Sample) -> dict[str, Any]:
        outcome, began_at = "given up", time.monotonic()
        self.on_their_way += 1
        try:
            values, form = asked_for(read())
            if form or self._config.dag.use_profile:
                sample.trace = Trace(sample.data_id, began_at, form)
                sample.trace.add("prepack", began_at)
            answer: dict[str, Any] = await Flow(self.graph, self.stages, sample).run(values)
            outcome = "answered"
        except ServingKitError as error:
            outcome = f"failed: {error}"
            raise
        except Exception as error:
            outcome = f"failed: {error}"
            log.exception("data_id=%d log_id=%d failed", sample.data_id, sample.log_id)
            raise unforeseen(error) from error
        finally:
            self.on_their_way -= 1
            self.measure.queried(sample.data_id, began_at, succeeded=outcome == "answered")
            if sample.trace and self._config.dag.use_profile:
                sys.stderr.write(sample.trace.profile())
            log.info("data_id=%d log_id=%d %s", sample.data_id, sample.log_id, outcome)
        return answer

    def _unpacked(self, request: pb.Request, sample: Sample) -> dict[str, Any]:
        if self.name and request.name and request.name != self.name:
            raise NoService("Failed to inference: Service name error.")
        try:
            values, log_id, err_no, text = self._request.unpack_request_package(request)
        except ServingKitError:
            raise
        except Exception as error:
            log.exception("data_id=%d log_id=%d cannot be unpacked", sample.data_id, sample.log_id)
            raise OpError(ErrNo.RPC_PACKAGE_ERROR, f"the request cannot be unpacked: {error}", ENTRY) from error
        if err_no:
            raise OpError(err_no, text, ENTRY)
        sample.log_id = log_id or 0
        return values

    def _prepare(self, op: Op, running: Running) -> None:
        try:
            op._fetch_names = running.fetch or None
            op.client = client_of(op, running, self._client_for)
            op._answers = cache_of(op, running.cache_bytes)
            op.init_op()
        except ServingKitError:
            raise
        except Exception as error:
            log.exception("op %s cannot begin", op.name)
            raise BadInput(f"init_op of op {op.name!r} failed: {type(error).__name__}: {error}") from error

    def _prepare_in_process(self, op: Op, number: int) -> None:
        op.concurrency_idx = number
        self._prepare(op, self.running[op.name])


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
