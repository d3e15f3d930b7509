"""What is kept of a running pipeline beside its answers: its log files, its periodic figures, its metrics."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from serving_kit.metrics.counters import Metrics
from serving_kit.pipeline.config import Dag
from serving_kit.pipeline.logs import log_folder, logging_to
from serving_kit.pipeline.metrics import follow
from serving_kit.pipeline.pipeline import Pipeline
from serving_kit.pipeline.tracer import Tracer


@asynccontextmanager
async def watched(pipeline: Pipeline, dag: Dag, metrics: Metrics | None, worker: int = 0) -> AsyncIterator[Pipeline]:
    """Start a pipeline and stop it, with everything that its configuration wants to be kept.

    Each of several workers has its own metrics, at `prometheus_port` and the ports after it.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(logging_to(log_folder()))
        await stack.enter_async_context(pipeline)
        if dag.tracer.interval_s > 0:
            await stack.enter_async_context(Tracer(pipeline, dag.tracer.interval_s))
        if metrics:
            follow(metrics, pipeline)
            if dag.prometheus_port is not None:
                exposer, _ = metrics.expose(dag.prometheus_port + worker)
                stack.callback(exposer.server_close)
                stack.callback(exposer.shutdown)
        yield pipeline
