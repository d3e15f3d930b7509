"""Connections to several servers of the same models: kept, shared out in turn, and away from servers that are down."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from itertools import count

from serving_kit.clients.address import Address
from serving_kit.clients.brpc_call import answer_of, call_frame, next_number
from serving_kit.clients.brpc_connection import BrpcConnection
from serving_kit.clients.deadline import Deadline
from serving_kit.clients.retry import Refused
from serving_kit.codecs.baidu_std import Frame
from serving_kit.types import InferResponse

_FIRST_REST_S = 0.1  # as often as Paddle Serving's client looks whether a server is back
_LONGEST_REST_S = 3.0


class BrpcPool:
    """Asks one of `addresses` at a time, in turn; safe to share between threads, each of which has its connection.

    `api_key` goes with every call. A server that refuses is left alone for a while (0.1 s, doubled up to 3 s) as long
    as another one answers.
    """

    def __init__(self, addresses: Sequence[Address], api_key: str | None = None) -> None:
        self._endpoints = [_Endpoint(address, api_key) for address in addresses]
        self._turns = count()

    def ask(self, payload: bytes, deadline: Deadline) -> InferResponse:
        """Return the answer to an encoded request from the first server that takes it; Refused where none does."""
        endpoints = self._in_turn()
        for left in range(len(endpoints), 0, -1):
            endpoint = endpoints[-left]
            try:
                answer = endpoint.ask(payload, deadline, share=left)
            except Refused as error:
                endpoint.rest()
                refused = error
            else:
                endpoint.welcome()
                return answer
        raise refused

    def close(self) -> None:
        """Close every connection that is not in use."""
        for endpoint in self._endpoints:
            endpoint.close()

    def _in_turn(self) -> "list[_Endpoint]":
        start = next(self._turns) % len(self._endpoints)
        turned = self._endpoints[start:] + self._endpoints[:start]
        return sorted(turned, key=lambda endpoint: endpoint.is_resting)


class _Endpoint:
    def __init__(self, address: Address, api_key: str | None) -> None:
        self._address = address
        self._api_key = api_key
        self._who = str(address)
        self._idle: deque[BrpcConnection] = deque()
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

    def ask(self, payload: bytes, deadline: Deadline, share: int) -> InferResponse:
        return answer_of(self._frame(payload, deadline, share), self._who)

    def _frame(self, payload: bytes, deadline: Deadline, share: int) -> Frame:
        while (kept := self._kept()) is not None:
            try:
                return self._ask_by(kept, payload, deadline)
            except Refused:
                continue  # closed since it was last used; a fresh one tells whether the server lives
        return self._ask_by(BrpcConnection(self._address, deadline.left_s(self._who) / share), payload, deadline)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, deque()
        for connection in idle:
            connection.close()

    def _kept(self) -> BrpcConnection | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if connection.is_usable:
                return connection
            connection.close()

    def _ask_by(self, connection: BrpcConnection, payload: bytes, deadline: Deadline) -> Frame:
        number = next_number()
        try:
            question = call_frame(payload, number, deadline, self._who, self._api_key)
            frame = connection.ask(question, number, deadline)
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._idle.append(connection)
        return frame
