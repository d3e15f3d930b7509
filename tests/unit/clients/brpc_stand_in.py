"""A real bRPC server on a free port that answers as a test tells it to."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from serving_kit.codecs.baidu_std import Frame, FrameReader, NotAFrame, encode_frame, response_meta
from serving_kit.codecs.brpc_code import code_of
from serving_kit.codecs.general_message import decode_request, encode_response
from serving_kit.types import InferRequest, InferResponse, ModelOutput

__all__ = ["BrpcStandIn", "Call", "code_of", "echo", "serving"]
Answer = Callable[["Call"], None]


@dataclass
class Call:
    """One request as it came over the wire, and the socket to answer it on."""

    frame: Frame
    socket: socket.socket
    connection: int

    @property
    def request(self) -> InferRequest:
        assert self.frame.payload is not None
        return decode_request(self.frame.payload)

    def reply(self, response: InferResponse, **meta: object) -> None:
        self.send(encode_response(response), **meta)

    def send(self, payload: bytes, **meta: object) -> None:
        number = int(str(meta.pop("number", self.frame.meta.correlation_id)))
        self.socket.sendall(encode_frame(response_meta(number, **meta), payload))  # type: ignore[arg-type]

    def fail(self, code: int, text: str = "") -> None:
        self.send(b"", code=code, text=text)

    def hang_up(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)


def echo(call: Call) -> None:
    """Answer with the tensors that came, by the outputs asked for where there are any."""
    request = call.request
    tensors = [named for named in request.tensors if not request.fetch or {named.alias, named.name} & {*request.fetch}]
    call.reply(InferResponse((ModelOutput("GeneralInferOp_0", "echo", tuple(tensors)),), log_id=request.log_id))


@dataclass
class BrpcStandIn:
    """`answer` for every call, `calls` in order of arrival, `connections` as many as were made."""

    listener: socket.socket
    answer: Answer = echo
    calls: list[Call] = field(default_factory=list)
    connections: int = 0
    sockets: list[socket.socket] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                accepted, _ = self.listener.accept()
                self.connections += 1
                self.sockets.append(accepted)
                threading.Thread(target=self.serve, args=(accepted, self.connections), daemon=True).start()

    def serve(self, accepted: socket.socket, connection: int) -> None:
        reader = FrameReader(1 << 30)
        with suppress(OSError, NotAFrame), accepted:
            while part := accepted.recv(1 << 16):
                for frame in reader.feed(part):
                    call = Call(frame, accepted, connection)
                    with self.lock:
                        self.calls.append(call)
                    self.answer(call)

    def drop_connections(self) -> None:
        """Close every connection, as a server that ends does."""
        for accepted in self.sockets:
            with suppress(OSError):
                accepted.shutdown(socket.SHUT_RDWR)
        self.sockets.clear()


@contextmanager
def serving(port: int = 0, answer: Answer = echo) -> Iterator[BrpcStandIn]:
    """Listen until the block is left."""
    listener = socket.create_server(("127.0.0.1", port))
    server = BrpcStandIn(listener, answer)
    thread = threading.Thread(target=server.accept)
    thread.start()
    try:
        yield server
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        server.drop_connections()
        thread.join()
