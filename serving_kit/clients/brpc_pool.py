"""Connections to several servers of the same models: kept, shared out in turn, and away from servers that are down."""

import threading
from collections import deque
from collections.abc import Sequence

from serving_kit.clients.address import Address
from serving_kit.clients.brpc_call import answer_of, call_frame, next_number
from serving_kit.clients.brpc_connection import BrpcConnection
from serving_kit.clients.deadline import Deadline
from serving_kit.clients.retry import Refused
from serving_kit.clients.turns import Turns
from serving_kit.codecs.baidu_std import Frame
from serving_kit.types import InferResponse


class BrpcPool:
    """Asks one of `addresses` at a time, in turn; safe to share between threads, each of which has its connection.

    `api_key` goes with every call. A server that refuses is left alone for a while as long as another one answers.
    """

    def __init__(self, addresses: Sequence[Address], api_key: str | None = None) -> None:
        self._endpoints = [_Endpoint(address, api_key) for address in addresses]
        self._turns = Turns(self._endpoints)

    def ask(self, payload: bytes, deadline: Deadline) -> InferResponse:
        """Return the answer to an encoded request from the first server that takes it; Refused where none does."""
        return self._turns.ask(lambda endpoint, left: endpoint.ask(payload, deadline, share=left))

    def close(self) -> None:
        """Close every connection that is not in use."""
        for endpoint in self._endpoints:
            endpoint.close()


class _Endpoint:
    def __init__(self, address: Address, api_key: str | None) -> None:
        self._address = address
        self._api_key = api_key
        self._who = str(address)
        self._idle: deque[BrpcConnection] = deque()
        self._lock = threading.Lock()

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
