import socket
from collections.abc import Iterator

import pytest

from serving_kit.errors import BadInput
from serving_kit.serve.shared_port import twin
from serving_kit.transports.mux import bind


@pytest.fixture(params=["127.0.0.1", "::1", "::"])
def reserved(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    with bind(request.param, 0) as bound:
        yield bound


def test_sockets_share_a_port_and_what_nobody_listens_on_is_refused(reserved: socket.socket) -> None:
    port = reserved.getsockname()[1]
    host = "::1" if reserved.family == socket.AF_INET6 else "127.0.0.1"
    with twin(reserved) as first, twin(reserved) as second:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, port), timeout=5)
        accepted = [0, 0]
        for listening in (first, second):
            listening.listen(64)
            listening.setblocking(False)
        clients = [socket.create_connection((host, port), timeout=5) for _ in range(40)]
        for number, listening in enumerate((first, second)):
            for _ in clients:
                try:
                    listening.accept()[0].close()
                except BlockingIOError:
                    break
                accepted[number] += 1
        for client in clients:
            client.close()
        assert sum(accepted) == 40
        assert min(accepted) > 0


def test_a_shared_port_is_in_use_for_everybody_else(reserved: socket.socket) -> None:
    host, port = reserved.getsockname()[:2]
    with twin(reserved) as listening:
        listening.listen(1)
        with pytest.raises(BadInput, match="Address already in use"):
            bind(host, port)
