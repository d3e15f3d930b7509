"""From plans to models that answer: loaded, with their threads, cache and counters."""

import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from serving_kit.batching.cache import ResponseCache
from serving_kit.batching.cached import CachedExecutor
from serving_kit.batching.executor import Executor
from serving_kit.batching.scheduler import Scheduler
from serving_kit.batching.warm import WarmEngine
from serving_kit.errors import ServingKitError
from serving_kit.metrics.statistics import Statistics
from serving_kit.runtime import golden, probe
from serving_kit.runtime.engine import Engine
from serving_kit.runtime.load import LoadedModel, load
from serving_kit.runtime.trial import give_up
from serving_kit.serve.padding import padding_of
from serving_kit.serve.plan import ModelPlan
from serving_kit.serve.precision import served_path
from serving_kit.serve.tuning import settle
from serving_kit.service.model import ServedModel

log = logging.getLogger(__name__)


class ModelLoader:
    """Loads the planned models, and each of them again by name; `statistics` makes the counters of the nth."""

    def __init__(
        self,
        plans: Sequence[ModelPlan],
        queue_limit: int,
        cache_bytes: int,
        statistics: Callable[[int], Statistics],
    ) -> None:
        self._plans = list(plans)
        self._queue_limit = queue_limit
        self._statistics = statistics
        self._cache = ResponseCache(cache_bytes) if cache_bytes else None
        self._by_name: dict[str, int] = {}

    def load_all(self) -> list[ServedModel]:
        """Load every model; a ServingKitError says which cannot be loaded."""
        self._plans = [settle(plan) for plan in self._plans]  # one after the other: each is timed alone
        models = _each(self._load, len(self._plans))
        self._by_name = {model.name: index for index, model in enumerate(models)}
        return models

    def load(self, name: str) -> ServedModel:
        """Load a model again from its directory; answers kept of the one before are never given again."""
        index = self._by_name[name]
        self._plans[index] = settle(self._plans[index])
        return self._load(index, name)

    def _load(self, index: int, name: str | None = None) -> ServedModel:
        plan = self._plans[index]
        loaded = load(served_path(plan), plan.options)
        if plan.reason:
            loaded = loaded.explained(plan.reason)
        name = name or plan.name or loaded.model.name
        statistics = self._statistics(index)
        engine = _warmed(loaded, plan, name) if plan.warmup_runs else loaded.engine
        executor: Executor = Scheduler(
            engine,
            plan.threads,
            plan.max_batch or 1,
            queue_limit=self._queue_limit,
            delay_s=plan.delay_s,
            splits=plan.splits,
            padding=padding_of(loaded, name, plan.padding) if plan.max_batch else None,
            on_run=statistics.ran,
        )
        if self._cache:
            executor = CachedExecutor(executor, self._cache, statistics.looked)
        metadata = loaded.metadata()
        log.info("%s: %s, %s (%s)", name, metadata["platform"], metadata["engine"], metadata["engine_reason"])
        return ServedModel.of(loaded, executor, name, threads=plan.threads, statistics=statistics)


def _each(load_nth: Callable[[int], ServedModel], count: int) -> list[ServedModel]:
    """Load several models at a time: reading files and preparing programs leaves the interpreter to others."""
    with ThreadPoolExecutor(min(count, len(os.sched_getaffinity(0)))) as pool:
        loading = [pool.submit(load_nth, index) for index in range(count)]
        try:
            return [future.result() for future in loading]
        except ServingKitError:
            pool.shutdown(cancel_futures=True)
            raise
        except BaseException:  # a signal that asks to stop
            pool.shutdown(wait=False, cancel_futures=True)
            give_up()  # else the interpreter would wait for trials before it ends
            raise


def _warmed(loaded: LoadedModel, plan: ModelPlan, name: str) -> Engine:
    golden_example = golden.read(loaded.model.server_dir)
    examples = [golden_example[0]] if golden_example else list(probe.candidates(loaded.model.inputs))
    warm = WarmEngine(
        loaded.engine,
        examples,
        name=name,
        runs=plan.warmup_runs,
        max_batch=plan.max_batch or 1,
        is_golden=golden_example is not None,
    )
    warm.prepare(plan.threads)
    return warm
