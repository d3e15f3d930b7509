"""Clones that have run before their first request (`--warmup`)."""

import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from serving_kit.batching.merge import can_merge, instances, merge, split
from serving_kit.errors import Internal, ServingKitError
from serving_kit.runtime.engine import Engine
from serving_kit.types import Tensor

Feeds = Mapping[str, Tensor]

_LONGEST_S = 1.0
log = logging.getLogger(__name__)


class WarmEngine:
    """An engine whose clones have run an example before anyone gets them, so that no request pays for a first run.

    Making and first running a clone of MobileNetV2 took 0.5 s, a run after that 15 ms; a clone that another thread has
    warmed is within a few ms of that. The first of `examples` that the model takes is run, one instance at a time,
    `runs` times or for a second, and once with as many instances as `max_batch` and a second allow. With `is_golden`
    an example that fails is an error, otherwise it was made up and the clones stay cold.
    """

    def __init__(
        self,
        engine: Engine,
        examples: Sequence[Feeds],
        *,
        name: str,
        runs: int,
        max_batch: int = 1,
        is_golden: bool = False,
    ) -> None:
        self.inputs = engine.inputs
        self.outputs = engine.outputs
        self._engine = engine
        self._examples = [_one_instance(feeds) for feeds in examples]
        self._name = name
        self._runs = runs
        self._max_batch = max_batch if can_merge(self.inputs, self.outputs) else 1
        self._is_golden = is_golden
        self._ready: list[Engine] = []

    def prepare(self, count: int) -> None:
        """Make and warm so many clones, several at a time; Internal where the golden example fails."""
        first = self._warm_clone()
        with ThreadPoolExecutor(count) as pool:
            self._ready += [first, *pool.map(lambda _: self._warm_clone(), range(count - 1))]

    def clone(self) -> Engine:
        """Return a clone that was prepared, or a new one, warmed now."""
        try:
            return self._ready.pop()
        except IndexError:
            return self._warm_clone()

    def run(self, feeds: Feeds) -> dict[str, Tensor]:
        """Run the engine itself."""
        return self._engine.run(feeds)

    def _warm_clone(self) -> Engine:
        clone = self._engine.clone()
        taken = self._first_run(clone)
        if taken:
            example, took_s = taken
            began_s = time.perf_counter()
            for _ in range(self._runs - 1):
                if time.perf_counter() - began_s > _LONGEST_S:
                    break
                clone.run(example)
            self._run_merged(clone, example, took_s)
        return clone

    def _first_run(self, clone: Engine) -> tuple[Feeds, float] | None:
        """Run the example that the model takes, and keep it alone; return it and how long it took."""
        refusal = ""
        for example in self._examples:
            began_s = time.perf_counter()
            try:
                clone.run(example)
            except Exception as error:  # noqa: BLE001 - engines raise what their libraries throw
                refusal = refusal or str(error)
                continue
            self._examples = [example]
            return example, time.perf_counter() - began_s
        if self._is_golden:
            raise Internal(f"{self._name} fails on its golden example: {refusal}; convert it again or use --warmup 0")
        log.info("%s is not warmed up, for it takes none of the inputs made up for it: %s", self._name, refusal)
        self._examples = []
        return None

    def _run_merged(self, clone: Engine, example: Feeds, took_s: float) -> None:
        batch = min(self._max_batch, int(_LONGEST_S / max(took_s, 1e-6)))
        if batch < 2:
            return
        try:
            clone.run(merge([example] * batch))
        except (ServingKitError, ValueError) as error:
            log.debug("%s does not run %d instances at once: %s", self._name, batch, error)


def _one_instance(feeds: Feeds) -> Feeds:
    count = instances(feeds)
    if not count or count == 1:
        return feeds
    parts = split(dict(feeds), [1, count - 1])
    return parts[0] if parts else feeds
