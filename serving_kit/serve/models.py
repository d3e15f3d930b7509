"""From plans to models that answer: loaded, with their threads, cache and counters."""

import logging
from collections.abc import Callable, Sequence

from serving_kit.batching.batch import BatchExecutor
from serving_kit.batching.cache import ResponseCache
from serving_kit.batching.cached import CachedExecutor
from serving_kit.batching.executor import Executor
from serving_kit.batching.pool import PoolExecutor
from serving_kit.metrics.counters import Metrics
from serving_kit.metrics.statistics import Statistics
from serving_kit.runtime.load import load
from serving_kit.serve.plan import ModelPlan
from serving_kit.service.model import ServedModel

log = logging.getLogger(__name__)


class ModelLoader:
    """Loads the planned models, and each of them again by name; `statistics` makes the counters of the nth."""

    def __init__(
        self,
        plans: Sequence[ModelPlan],
        queue_limit: int,
        metrics: Metrics | None,
        cache_bytes: int,
        statistics: Callable[[int], Statistics],
    ) -> None:
        self._plans = plans
        self._queue_limit = queue_limit
        self._metrics = metrics
        self._statistics = statistics
        self._cache = ResponseCache(cache_bytes) if cache_bytes else None
        self._by_name: dict[str, int] = {}

    def load_all(self) -> list[ServedModel]:
        """Load every model; a ServingKitError says which cannot be loaded."""
        models = [self._load(index) for index in range(len(self._plans))]
        self._by_name = {model.name: index for index, model in enumerate(models)}
        return models

    def load(self, name: str) -> ServedModel:
        """Load a model again from its directory; answers kept of the one before are never given again."""
        return self._load(self._by_name[name], name)

    def _load(self, index: int, name: str | None = None) -> ServedModel:
        plan = self._plans[index]
        loaded = load(plan.path, plan.options)
        name = name or plan.name or loaded.model.name
        statistics = self._statistics(index)

        def on_run(duration_s: float, requests: int) -> None:
            statistics.ran(duration_s, requests)
            if self._metrics:
                self._metrics.inference_done(name, duration_s)

        executor: Executor
        if plan.max_batch is None:
            executor = PoolExecutor(loaded.engine, plan.threads, queue_limit=self._queue_limit, on_run=on_run)
        else:
            executor = BatchExecutor(
                loaded.engine, plan.threads, plan.max_batch, queue_limit=self._queue_limit, on_run=on_run
            )
        if self._cache:
            executor = CachedExecutor(executor, self._cache)
        metadata = loaded.metadata()
        log.info("%s: %s, %s (%s)", name, metadata["platform"], metadata["engine"], metadata["engine_reason"])
        return ServedModel(loaded, executor, name, threads=plan.threads, statistics=statistics)
