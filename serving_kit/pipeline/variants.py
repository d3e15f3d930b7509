"""Several models in the place of one: each request is answered by one of them, in proportion to their weights.

    price = Variants({"old": old_model, "new": new_model}, {"old": 95, "new": 5})
    price.predict({"x": rows}, log_id=7)      # whoever answers number 7 answers it again
    price.set_weights({"old": 50, "new": 50})  # while it runs
    price.figures()["new"]["p95_ms"]

A request with a number (`log_id`) always comes to the same variant, in every process and after every restart. When a
weight grows, requests come to that variant and none leaves it: who sees the new model at 5 % sees it at 50 % too.
"""

import logging
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from serving_kit.errors import BadInput
from serving_kit.pipeline.config import SHADOW
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.running import Running, Shadow, Variant
from serving_kit.pipeline.shadow import ShadowClient
from serving_kit.pipeline.variant_measure import Client, Measured, VariantMeasure

log = logging.getLogger(__name__)

ONLY = "model"
"""What the one model is called that has a shadow but no variants beside it."""


class Variants:
    """Asks one of several clients; `predict` may be called by several threads at once.

    `name` is the experiment's: under another name, requests with the same numbers are divided in another way.
    """

    def __init__(
        self,
        clients: Mapping[str, Client],
        weights: Mapping[str, float],
        *,
        name: str = "",
        shadow: ShadowClient | None = None,
    ) -> None:
        self._clients = {variant: Measured(client) for variant, client in clients.items()}
        self._name = name
        self._shadow = shadow
        self._weights: Mapping[str, float] = dict.fromkeys(clients, 0.0)
        self.set_weights(weights)

    @property
    def weights(self) -> Mapping[str, float]:
        """The weights that hold now."""
        return dict(self._weights)

    @property
    def measures(self) -> Mapping[str, VariantMeasure]:
        """What each variant has done, and the shadow under its name."""
        found = {name: client.measure for name, client in self._clients.items()}
        return found | ({SHADOW: self._shadow.measure} if self._shadow else {})

    def set_weights(self, weights: Mapping[str, float]) -> None:
        """Divide the requests anew; a variant that is not named keeps its weight, and one with 0 is not asked.

        BadInput, and nothing changes, for a variant that there is not, a weight below 0, or nothing above it.
        """
        unknown = [name for name in weights if name not in self._clients]
        if unknown:
            raise BadInput(f"there is no variant {unknown[0]!r}; the variants are {', '.join(self._clients)}")
        wrong = [name for name, weight in weights.items() if not (_is_number(weight) and 0 <= weight < math.inf)]
        if wrong:
            raise BadInput(
                f"variant {wrong[0]!r} has the weight {weights[wrong[0]]!r}; give a number that is not below 0"
            )
        changed = {**self._weights, **weights}
        if not any(changed.values()):
            raise BadInput(f"the weights of {', '.join(changed)} are all 0; give one of them more")
        self._weights = changed

    def variant_of(self, log_id: int) -> str:
        """Return which variant answers the requests with a number; of 0, which is none, it is drawn anew each time."""
        weights = {name: weight for name, weight in self._weights.items() if weight}
        if not log_id:
            return random.choices(list(weights), list(weights.values()))[0]  # noqa: S311 - shares of traffic, no secret
        return min(weights, key=lambda name: self._waits(name, log_id) / weights[name])

    def predict(
        self, feed: Mapping[str, Any], fetch: Sequence[str] | None = None, batch: bool = True, log_id: int = 0
    ) -> Mapping[str, Any]:
        """Return what the variant gives whose turn it is, or raise its error; the shadow hears the feed afterwards."""
        variant = self.variant_of(log_id)
        began_at, outcome = time.monotonic(), "failed"
        try:
            answer = self._clients[variant].predict(feed, fetch, batch, log_id)
            outcome = "answered"
            return answer
        finally:
            took_ms = 1e3 * (time.monotonic() - began_at)
            log.info("log_id=%d op %s: variant %s %s in %.2f ms", log_id, self._name, variant, outcome, took_ms)
            if self._shadow:
                self._shadow.ask(feed, fetch, batch, log_id)

    def figures(self) -> dict[str, dict[str, float]]:
        """Return weights, counts and latencies by variant, and the shadow's, which weighs nothing."""
        weights = self._weights
        return {name: {"weight": weights.get(name, 0), **one.figures()} for name, one in self.measures.items()}

    def close(self) -> None:
        """End the shadow's threads."""
        if self._shadow:
            self._shadow.close()

    def _waits(self, variant: str, log_id: int) -> float:
        """Return a number of an exponential distribution, always the same: whose is the least, divided by weight, wins.

        This is weighted rendezvous hashing: a variant wins as often as its weight says, whatever the others are.
        """
        digest = blake2b(f"{self._name}\0{variant}\0{log_id}".encode(), digest_size=8).digest()
        return -math.log((int.from_bytes(digest) + 1) / 2**64)


ClientFor = Callable[[Op, Running], Any]


def client_of(op: Op, running: Running, client_for: ClientFor) -> Any:
    """Return what an op asks: the client that `client_for` makes, or one of each of its variants and of its shadow.

    `client_for` is asked for one model at a time, and never sees variants or a shadow.
    """
    alone = replace(running, variants={}, shadow=None)
    if not running.variants and running.shadow is None:
        return client_for(op, alone)

    def made(source: Variant | Shadow) -> Any:
        fetch = source.local.fetch_list if source.local and not running.fetch else running.fetch
        return client_for(op, replace(alone, remote=source.remote, local=source.local, fetch=fetch))

    shadow = None
    if running.shadow:
        shadow = ShadowClient(
            made(running.shadow),
            f"{op.name}-{SHADOW}",
            concurrency=running.shadow.concurrency,
            outstanding=running.shadow.outstanding,
        )
    clients = {name: made(variant) for name, variant in running.variants.items()} or {ONLY: client_for(op, alone)}
    weights = {name: variant.weight for name, variant in running.variants.items()} or {ONLY: 1.0}
    if None in clients.values():
        raise BadInput(f"op {op.name!r} has a shadow but asks no model; give it one, or take the shadow away")
    return Variants(clients, weights, name=op.name, shadow=shadow)


def _is_number(weight: object) -> bool:
    return isinstance(weight, int | float) and not isinstance(weight, bool)
