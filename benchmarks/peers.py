"""Servers to compare with in the same run: the shortest that FastAPI and grpc.aio allow, around the same engine.

Run by `benchmarks.child` as `python -m benchmarks.peers fastapi|grpc MODEL_DIR`.
The engine runs in the event loop, without queue, threads, checks or deadlines: each peer at its fastest.
"""

import asyncio
import socket
import sys

import grpc
import numpy as np
import uvicorn
import uvloop
from fastapi import FastAPI
from pydantic import BaseModel

from benchmarks.child import announce, end_with_parent
from serving_kit.codecs.general_message import FULL_SERVICE, METHODS
from serving_kit.codecs.general_model_service_pb2 import Request, Response
from serving_kit.runtime.engine import Engine
from serving_kit.runtime.load import load
from serving_kit.types import Array, Tensor


class Rows(BaseModel):
    """What the FastAPI peer takes."""

    x: list[list[float]]


class Prices(BaseModel):
    """What the FastAPI peer answers."""

    price: list[list[float]]


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
    announce(int(listening.getsockname()[1]))
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
    announce(port)
    await server.wait_for_termination()


def main(kind: str, model: str) -> None:
    """Serve a model directory as one of the peers, until standard input ends."""
    end_with_parent()
    engine = load(model).engine
    if kind == "fastapi":
        _serve_fastapi(engine)
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve_grpc(engine))


if __name__ == "__main__":
    main(*sys.argv[1:])
