import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest

from tests.unit.clients.stand_in import Handler, StandIn


@pytest.fixture
def server() -> Iterator[StandIn]:
    handler = type("BoundHandler", (Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        handler.stand_in = stand_in = StandIn(f"http://127.0.0.1:{http.server_port}")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield stand_in
        http.shutdown()
        thread.join()


@pytest.fixture
def nobody() -> str:
    """Return an address where nothing listens: a port that was free a moment ago."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        return f"http://127.0.0.1:{http.server_port}"
