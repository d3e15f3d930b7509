import socket
from collections.abc import Iterator

import pytest

from tests.unit.clients.stand_in import StandIn, serving_http


@pytest.fixture
def server() -> Iterator[StandIn]:
    with serving_http() as stand_in:
        yield stand_in


@pytest.fixture
def nowhere() -> str:
    """Return a port where nothing listens: one that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def nobody(nowhere: str) -> str:
    return f"http://{nowhere}"
