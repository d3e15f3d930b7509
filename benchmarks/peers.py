"""Servers to compare with in the same run: the shortest that FastAPI and grpc.aio allow, around the same engine.

`python -m benchmarks.peers fastapi|grpc MODEL_DIR` writes its port to standard output and ends with standard input.
The engine runs in the event loop, without queue, threads, checks or deadlines: each peer at its fastest.
"""

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import numpy as np
import uvicorn
import uvloop
from fastapi import FastAPI
from pydantic import BaseModel

from benchmarks.core import on_core
from serving_kit.codecs.general_message import FULL_SERVICE, METHODS
from serving_kit.codecs.general_model_service_pb2 import Request, Response
from serving_kit.errors import Unavailable
from serving_kit.runtime.engine import Engine
from serving_kit.runtime.load import load
from serving_kit.types import Array, Tensor


class Rows(BaseModel):
    """What the FastAPI peer takes."""

    x: list[list[float]]


class Prices(BaseModel):
    """What the FastAPI peer answers."""

    price: list[list[float]]


@contextmanager
def started(kind: str, model: Path, core: int) -> Iterator[tuple[int, int]]:
    """Start a peer, `fastapi` or `grpc`, on one core; yield its port and its process number."""
    command = [sys.executable, "-m", "benchmarks.peers", kind, str(model)]
    with on_core(core):
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own
    with process:
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                raise Unavailable(f"the {kind} peer ended before it listened; its reason stands above")
            yield int(line), process.pid
        finally:
            process.kill()


def _predict(engine: Engine, rows: Array) -> Array:
    outputs = engine.run({engine.inputs[0].name: Tensor(rows)})
    return outputs[engine.outputs[0].name].array


def _serve_fastapi(engine: Engine) -> None:
    app = FastAPI()

    @app.post("/predict")
    async def predict(rows: Rows) -> Prices:
        return Prices(price=_predict(engine, np.array(rows.x, np.float32)).tolist())

    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _announce(int(listening.getsockname()[1]))
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listening])


async def _serve_grpc(engine: Engine) -> None:
    output = engine.outputs[0]

    async def infer(request: Request, _: object) -> Response:
        asked = request.tensor[0]
        answer = _predict(engine, np.array(asked.float_data, np.float32).reshape(asked.shape))
        response = Response()
        tensor = response.outputs.add().tensor.add(name=output.name, alias_name=output.alias, elem_type=1)
        tensor.float_data.extend(answer.ravel().tolist())
        tensor.shape.extend(answer.shape)
        return response

    handler = grpc.unary_unary_rpc_method_handler(infer, Request.FromString, Response.SerializeToString)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(FULL_SERVICE, {METHODS[0]: handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    _announce(port)
    await server.wait_for_termination()


def _announce(port: int) -> None:
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()


def _end_with_stdin() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main(kind: str, model: str) -> None:
    """Serve a model directory as one of the peers, until standard input ends."""
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    engine = load(model).engine
    if kind == "fastapi":
        _serve_fastapi(engine)
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve_grpc(engine))


if __name__ == "__main__":
    main(*sys.argv[1:])
