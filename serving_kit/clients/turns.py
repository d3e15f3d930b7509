"""Calls shared out among several servers of the same models: in turn, and away from those that are down."""

import threading
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Generic, TypeVar

from serving_kit.clients.retry import Refused

S = TypeVar("S")
T = TypeVar("T")

_FIRST_REST_S = 0.1  # as often as Paddle Serving's client looks whether a server is back
_LONGEST_REST_S = 3.0


class Turns(Generic[S]):
    """Asks one of `servers` at a time; safe to share between threads.

    A server that refuses is left alone for a while (0.1 s, doubled up to 3 s) as long as another one answers.
    """

    def __init__(self, servers: Sequence[S]) -> None:
        self._places = [_Place(server) for server in servers]
        self._turns = count()

    def ask(self, call: Callable[[S, int], T]) -> T:
        """Return what `call` returns for the first server that takes it; Refused where none does.

        `call` is told too how many servers are left, the one at hand among them.
        """
        places = self._in_turn()
        for left in range(len(places), 0, -1):
            place = places[-left]
            try:
                answer = call(place.server, left)
            except Refused as error:
                place.rest()
                refused = error
            else:
                place.welcome()
                return answer
        raise refused

    def _in_turn(self) -> "list[_Place[S]]":
        start = next(self._turns) % len(self._places)
        turned = self._places[start:] + self._places[:start]
        return sorted(turned, key=lambda place: place.is_resting)


class _Place(Generic[S]):
    def __init__(self, server: S) -> None:
        self.server = server
        self._lock = threading.Lock()
        self._rest_s = _FIRST_REST_S
        self._rested_at_s = 0.0

    @property
    def is_resting(self) -> bool:
        return time.monotonic() < self._rested_at_s

    def rest(self) -> None:
        with self._lock:
            self._rested_at_s = time.monotonic() + self._rest_s
            self._rest_s = min(2 * self._rest_s, _LONGEST_REST_S)

    def welcome(self) -> None:
        self._rest_s = _FIRST_REST_S
