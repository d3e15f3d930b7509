"""One trivial gRPC service in the three ways that a port of several protocols could serve it.

Run by `benchmarks.child` as `python -m benchmarks.grpc_services WAY`:

    direct    grpc.aio on a listening socket of its own, which no other protocol can share
    carried   grpc.aio on a private socket, and this server's byte pump in front of it
    grpclib   grpclib in the event loop, on connections that the loop accepted
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import grpc
import uvloop

from benchmarks.child import announce, end_with_parent
from serving_kit.transports.grpc.carrier import Carriers
from serving_kit.transports.mux import bind

SERVICE, METHOD = "benchmark.Trivial", "Ask"
PATH = f"/{SERVICE}/{METHOD}"
ANSWER = bytes(100)


async def _answer(_: bytes, __: object) -> bytes:
    return ANSWER


def _grpcio_server() -> grpc.aio.Server:
    server = grpc.aio.server()
    method: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(_answer)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {METHOD: method}),))
    return server


async def direct() -> None:
    """Serve with grpc.aio alone."""
    server = _grpcio_server()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    announce(port)
    await server.wait_for_termination()


async def carried() -> None:
    """Serve with grpc.aio, each connection carried to it as this server does."""
    with tempfile.TemporaryDirectory(prefix="serving-kit-benchmark-") as folder:
        path = str(Path(folder) / "socket")
        server = _grpcio_server()
        server.add_insecure_port(f"unix:{path}")
        await server.start()
        await _accept(Carriers(path).connection)


async def grpclib() -> None:
    """Serve with grpclib; ImportError where it is not installed."""
    from benchmarks.grpclib_service import connection

    await _accept(connection(PATH, ANSWER))


async def _accept(connection: Callable[[], asyncio.Protocol]) -> None:
    listening = bind("127.0.0.1", 0)
    loop = asyncio.get_running_loop()
    accepting = await loop.create_server(connection, sock=listening)
    announce(int(listening.getsockname()[1]))
    await accepting.serve_forever()


WAYS = {"direct": direct, "carried": carried, "grpclib": grpclib}


def main(way: str) -> None:
    """Serve in one of the ways until the parent ends."""
    end_with_parent()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(WAYS[way]())


if __name__ == "__main__":
    main(*sys.argv[1:])
