"""A model that hears what another is asked, and whose answers nobody waits for."""

import logging
import queue
import threading
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from serving_kit.pipeline.config import SHADOW
from serving_kit.pipeline.variant_measure import Client, Measured

log = logging.getLogger(__name__)


class _Question(NamedTuple):
    feed: Mapping[str, Any]
    fetch: Sequence[str] | None
    batch: bool
    log_id: int


class ShadowClient:
    """Asks `client` in threads of its own: its answers are dropped, its errors logged and counted.

    Where `outstanding` questions wait or are being answered, a further one is dropped and counted: a slow shadow costs
    nobody time or memory. Arrays are not copied: whoever fed them must not write into them any more.
    """

    def __init__(self, client: Client, name: str = SHADOW, *, concurrency: int = 1, outstanding: int = 64) -> None:
        self._client = Measured(client)
        self._name = name
        self._concurrency = concurrency
        self._outstanding = outstanding
        self._questions: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._open = self._threads = 0
        self._is_closed = False
        self.measure = self._client.measure

    def ask(self, feed: Mapping[str, Any], fetch: Sequence[str] | None, batch: bool, log_id: int) -> None:
        """Have it asked soon; never waits and never fails."""
        with self._lock:
            if self._is_closed or self._open >= self._outstanding:
                self.measure.dropped += 1
                return
            self._open += 1
            if self._threads < min(self._concurrency, self._open):
                self._threads += 1
                threading.Thread(target=self._main, name=self._name, daemon=True).start()
        self._questions.put(_Question(dict(feed), fetch, batch, log_id))

    def close(self) -> None:
        """Let the threads end after what they have; whatever comes later is dropped."""
        with self._lock:
            self._is_closed = True
            for _ in range(self._threads):
                self._questions.put(None)

    def _main(self) -> None:
        while (question := self._questions.get()) is not None:
            try:
                self._client.predict(question.feed, question.fetch, question.batch, question.log_id)
            except Exception as error:  # noqa: BLE001 - a client may raise anything; the thread goes on
                log.warning("log_id=%d %s failed: %s", question.log_id, self._name, error)
            with self._lock:
                self._open -= 1
