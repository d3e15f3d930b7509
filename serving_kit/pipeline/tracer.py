"""`dag.tracer`: every few seconds the figures of that time, in the words of Paddle Serving's tracer."""

import asyncio
import logging
import time
from collections.abc import Iterator
from typing import Self

from serving_kit.pipeline.figures import QUANTILES, latency_ms
from serving_kit.pipeline.logs import TRACER
from serving_kit.pipeline.measure import Totals
from serving_kit.pipeline.pipeline import Pipeline

log = logging.getLogger(__name__)


class Tracer:
    """While it is entered it writes every `interval_s` seconds; with less than 1, never."""

    def __init__(self, pipeline: Pipeline, interval_s: float) -> None:
        self._pipeline = pipeline
        self._interval_s = interval_s
        self._before: dict[str, Totals] = {}
        self._queries = (0, 0)
        self._since = time.monotonic()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._interval_s >= 1:
            self._task = asyncio.create_task(self._repeat())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def write(self) -> None:
        """Write what happened since the last time."""
        since, self._since = self._since, time.monotonic()
        for line in self._lines(since):
            TRACER.info("%s", line)

    async def _repeat(self) -> None:
        while True:
            await asyncio.sleep(self._interval_s)
            try:
                self.write()
            except Exception:
                log.exception("the tracer failed; it tries again in %g s", self._interval_s)

    def _lines(self, since: float) -> Iterator[str]:
        pipeline, seconds = self._pipeline, max(self._since - since, 1e-3)
        yield "==================== TRACER ======================"
        for name, stage in pipeline.stages.items():
            totals = stage.measure.totals.copy()
            lately = totals.since(self._before.get(name, Totals()))
            self._before[name] = totals
            if lately.batches:
                yield f"Op({name}):"
                for step, mean_ms in lately.means_ms().items():
                    yield f"\t{step}[{mean_ms:.3f} ms]"
                yield f"\tidle[{lately.idle(pipeline.running[name].concurrency, seconds):.3f}]"
        yield from self._requests(since, seconds)
        yield "Channel:"
        for name, stage in pipeline.stages.items():
            sources = list(pipeline.graph.sources[name])
            yield f"\t{name}(In: {sources}, Out: {[name]}) size[{stage.waiting}/{stage.capacity}]"

    def _requests(self, since: float, seconds: float) -> Iterator[str]:
        measure = self._pipeline.measure
        answered, failed, _ = measure.statistics.queries
        count = answered + failed - sum(self._queries)
        succeeded = answered - self._queries[0]
        self._queries = (answered, failed)
        if not count:
            return
        latencies = latency_ms(measure.latencies.recent(since))
        yield "DAGExecutor:"
        yield f"\tQuery count[{count}]"
        yield f"\tQPS[{count / seconds:.3f} q/s]"
        yield f"\tSucc[{succeeded / count}]"
        yield f"\tError req[{', '.join(map(str, measure.failures(since)))}]"
        yield "\tLatency:"
        yield f"\t\tave[{latencies['ave']} ms]"
        for quantile in QUANTILES:
            yield f"\t\t.{quantile}[{latencies[f'p{quantile}']} ms]"
