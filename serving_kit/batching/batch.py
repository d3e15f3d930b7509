"""Several requests, one engine run: Paddle Serving's async mode (`--runtime_thread_num`, `--batch_infer_size`)."""

import asyncio
import logging
import threading
from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from serving_kit.batching.clones import Clones, OnRun, Slots, first_line, ignore_run
from serving_kit.batching.executor import NO_DEMAND, Demand, Outputs
from serving_kit.batching.merge import can_merge, instances, merge, signature, split
from serving_kit.errors import Internal, ServingKitError, Unavailable
from serving_kit.runtime.engine import Engine
from serving_kit.types import Tensor

log = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class _Pending:
    feeds: Mapping[str, Tensor]
    signature: Hashable
    instances: int | None
    future: Future[Outputs] = field(default_factory=Future)


class BatchExecutor:
    """Merges waiting requests into runs of at most `max_batch` instances, on `threads` clones.

    A free thread takes what is waiting at that moment and never waits for more. A request larger than `max_batch` runs
    alone. A request that is cancelled or fails leaves the others of its batch unharmed: the cancelled one is dropped
    before the run, and a failed run is repeated request by request.
    """

    def __init__(
        self,
        engine: Engine,
        threads: int,
        max_batch: int,
        *,
        queue_limit: int = 1024,
        on_run: OnRun = ignore_run,
    ) -> None:
        self._clones = Clones(engine, threads, on_run)
        self._slots = Slots(queue_limit)
        self._max_batch = max_batch
        self._may_merge = can_merge(engine.inputs, engine.outputs)
        self._pending: list[_Pending] = []
        self._lock = threading.Lock()

    def submit(self, feeds: Mapping[str, Tensor], demand: Demand = NO_DEMAND) -> asyncio.Future[Outputs]:  # noqa: ARG002
        """Queue one request; a cancelled one never reaches the engine."""
        self._slots.take()
        request = _Pending(feeds, signature(feeds), instances(feeds))
        with self._lock:
            self._pending.append(request)
            try:
                self._clones.pool.submit(self._work)
            except RuntimeError:  # the pool was shut down
                self._pending.pop()
                self._slots.give_back()
                raise Unavailable("this server is stopping; ask another one") from None
        request.future.add_done_callback(self._slots.give_back)
        return asyncio.wrap_future(request.future)

    def close(self) -> None:
        """Finish what was accepted, refuse what comes after, and end the threads."""
        self._clones.close()

    def _work(self) -> None:
        batch = [request for request in self._take() if request.future.set_running_or_notify_cancel()]
        try:
            if len(batch) > 1 and self._run_merged(batch):
                return
            for request in batch:
                self._run_alone(request)
        except Exception as error:
            log.exception("a batch could not be merged or split")
            for request in batch:
                if not request.future.done():
                    request.future.set_exception(Internal(f"the engine's answer makes no sense: {first_line(error)}"))

    def _take(self) -> list[_Pending]:
        """Take the oldest request and all that may share its run; nothing where another thread took it already."""
        with self._lock:
            if not self._pending:
                return []
            taken, rest = [self._pending[0]], []
            room = self._max_batch - (taken[0].instances or self._max_batch)
            for request in self._pending[1:]:
                if self._may_merge and request.signature == taken[0].signature and 0 < (request.instances or 0) <= room:
                    room -= request.instances or 0
                    taken.append(request)
                else:
                    rest.append(request)
            self._pending = rest
            return taken

    def _run_merged(self, batch: Sequence[_Pending]) -> bool:
        """Run a batch at once; False where its members must run alone."""
        try:
            outputs = self._clones.run(merge([request.feeds for request in batch]), len(batch))
        except ServingKitError:
            return False
        parts = split(outputs, [request.instances or 0 for request in batch])
        if parts is None:
            log.warning("this model does not answer one entry an instance; its requests are not merged from now on")
            self._may_merge = False
            return False
        for request, part in zip(batch, parts, strict=True):
            request.future.set_result(part)
        return True

    def _run_alone(self, request: _Pending) -> None:
        try:
            outputs = self._clones.run(request.feeds)
        except ServingKitError as error:
            request.future.set_exception(error)
            return
        if request.instances is not None and split(outputs, [request.instances]) is None:
            self._may_merge = False  # learnt from a request that ran alone
        request.future.set_result(outputs)
