"""A pipeline server that answers as a test tells it to, and both clients of pipelines used the same way."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc

from serving_kit.clients import AsyncPipelineClient, PipelineClient
from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.codecs.pipeline_message import PipelineRequest, decode_request
from tests.unit.clients.grpc_stand_in import Answer, GrpcStandIn, serving

Ask = Callable[..., pb.Response]
PATH = "/baidu.paddle_serving.pipeline_serving.PipelineService/inference"


def saying(err_no: int = 0, err_msg: str = "", **values: str) -> Answer:
    """Return an answer with these values, or with an error."""
    message = pb.Response(err_no=err_no, err_msg=err_msg, key=list(values), value=list(values.values()))

    def answer(_: bytes, context: grpc.ServicerContext) -> bytes:
        return message.SerializeToString()

    return answer


@contextmanager
def pipeline(answer: Answer | None = None, port: int = 0) -> Iterator[GrpcStandIn]:
    """Listen until the block is left."""
    with serving(port) as stand_in:
        stand_in.answers["inference"] = answer or saying(price="18.9")
        yield stand_in


def address(server: GrpcStandIn) -> str:
    return f"127.0.0.1:{server.port}"


def asked(server: GrpcStandIn) -> PipelineRequest:
    """Return the only request that came, decoded."""
    ((path, body),) = server.asked
    assert path == PATH
    return decode_request(body)


@contextmanager
def connected(kind: str, endpoints: Any, **options: Any) -> Iterator[Ask]:
    """Return `predict` of a connected client of a kind, "sync" or "async"."""
    if kind == "sync":
        with PipelineClient() as client:
            client.connect(endpoints, **options)
            yield client.predict
        return
    with asyncio.Runner() as runner:
        client_for_tasks = AsyncPipelineClient()

        async def connect() -> None:
            client_for_tasks.connect(endpoints, **options)

        runner.run(connect())
        try:
            yield lambda *arguments, **words: runner.run(client_for_tasks.predict(*arguments, **words))
        finally:
            runner.run(client_for_tasks.close())
