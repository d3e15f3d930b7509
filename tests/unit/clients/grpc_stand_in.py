"""A real gRPC server on a free port that answers as a test tells it to."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc

from serving_kit.errors import Kind

STATUSES = {
    Kind.BAD_INPUT: grpc.StatusCode.INVALID_ARGUMENT,
    Kind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Kind.TOO_LARGE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.OVERLOADED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.INTERNAL: grpc.StatusCode.INTERNAL,
    Kind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    Kind.DEADLINE: grpc.StatusCode.DEADLINE_EXCEEDED,
}
Answer = Callable[[bytes, grpc.ServicerContext], bytes]


@dataclass
class GrpcStandIn(grpc.GenericRpcHandler):
    """`answers` by method, e.g. "ModelInfer"; `asked` lists methods and bodies in order of arrival."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, bytes]] = field(default_factory=list)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        path = handler_call_details.method

        def handle(body: bytes, context: grpc.ServicerContext) -> bytes:
            method = path.rsplit("/", 1)[-1]
            self.asked.append((path, body))
            if method not in self.answers:
                context.abort(grpc.StatusCode.UNIMPLEMENTED, f"no method {method}")
            return self.answers[method](body, context)

        return grpc.unary_unary_rpc_method_handler(handle)

    @property
    def methods(self) -> list[str]:
        return [path.rsplit("/", 1)[-1] for path, _ in self.asked]


def refuse(status: grpc.StatusCode, text: str, *metadata: tuple[str, str]) -> Answer:
    """Return an answer that ends a call with a status."""

    def answer(_: bytes, context: grpc.ServicerContext) -> bytes:
        context.set_trailing_metadata(metadata)
        context.abort(status, text)
        raise AssertionError("abort always raises")

    return answer


@contextmanager
def serving(port: int = 0) -> Iterator[GrpcStandIn]:
    """Listen until the block is left."""
    stand_in = GrpcStandIn()
    server = grpc.server(ThreadPoolExecutor(8), handlers=[stand_in], options=[("grpc.so_reuseport", 0)])
    stand_in.port = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    try:
        yield stand_in
    finally:
        server.stop(0).wait()
