"""A tap changes nothing of what it hears."""

import socket
import threading
from collections.abc import Iterator
from socketserver import BaseRequestHandler, ThreadingTCPServer

import pytest

from notebooks.house.tap import Tap


class _Shout(BaseRequestHandler):
    """Answers each part in capitals; says goodbye to `bye` and at the client's end."""

    def handle(self) -> None:
        while (data := self.request.recv(1 << 16)) and data != b"bye":
            self.request.sendall(data.upper())
        self.request.sendall(b"goodbye")


@pytest.fixture
def tap() -> Iterator[Tap]:
    with ThreadingTCPServer(("127.0.0.1", 0), _Shout) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        tap = Tap(server.server_address[1])
        yield tap
        tap.close()
        server.shutdown()


def _connect(tap: Tap) -> socket.socket:
    host, port = tap.address.split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def test_bytes_pass_both_ways_and_are_kept(tap: Tap) -> None:
    with _connect(tap) as client:
        client.sendall(b"price?")
        assert client.recv(100) == b"PRICE?"
        assert tap.take() == (b"price?", b"PRICE?")


def test_what_was_taken_is_not_told_again(tap: Tap) -> None:
    with _connect(tap) as client:
        client.sendall(b"one")
        client.recv(100)
        tap.take()
        client.sendall(b"two")
        client.recv(100)
        assert tap.take() == (b"two", b"TWO")


def test_connections_stand_beside_each_other(tap: Tap) -> None:
    with _connect(tap) as one, _connect(tap) as two:
        for client, word in ((two, b"second"), (one, b"first")):
            client.sendall(word)
            assert client.recv(100) == word.upper()
    assert tap.take()[0] == b"secondfirst"


def test_a_client_that_has_asked_everything_still_hears_the_end(tap: Tap) -> None:
    with _connect(tap) as client:
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b"goodbye"
        assert client.recv(100) == b""


def test_a_server_that_closes_is_seen_to_close(tap: Tap) -> None:
    with _connect(tap) as client:
        client.sendall(b"bye")
        assert client.recv(100) == b"goodbye"
        assert client.recv(100) == b""


def test_nobody_is_answered_after_its_end(tap: Tap) -> None:
    tap.close()
    with pytest.raises(ConnectionRefusedError):
        _connect(tap)
