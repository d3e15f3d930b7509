"""A pipeline of two ops to look at while it runs: `half` and, behind it, `sum`; an x that is no number fails."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import numpy as np

from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.pipeline.config import PipelineConfig
from serving_kit.pipeline.ends import RequestOp, ResponseOp
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.pipeline import Pipeline

T = TypeVar("T")


class Half(Op):
    def preprocess(self, input_dicts: Any, data_id: int = 0, log_id: int = 0) -> Any:
        ((_, values),) = input_dicts.items()
        return {name: np.array([float(value)]) for name, value in values.items()}, False, None, ""

    def process(self, feed_batch: Any, typical_logid: int = 0) -> Any:
        return {"x": feed_batch[0]["x"] / 2}, 0, ""


class Sum(Op):
    async def postprocess(self, input_data: Any, fetch_data: Any, data_id: int = 0, log_id: int = 0) -> Any:  # type: ignore[override]
        return {"sum": str(float(fetch_data["x"].sum()))}, None, ""


def watched(**config: Any) -> Pipeline:
    half = Half("half", input_ops=[RequestOp()], batch_size=4)
    config = {"http_port": 18082, **config}
    return Pipeline("watched", ResponseOp([Sum("sum", input_ops=[half])]), PipelineConfig.of(config), lambda *_: None)


def question(x: str = "3", **more: str) -> pb.Request:
    values = {"x": x, **more}
    return pb.Request(key=list(values), value=list(values.values()), logid=7)


def run(pipeline: Pipeline, look: Callable[[Pipeline], Awaitable[T]]) -> T:
    async def entered() -> T:
        async with asyncio.timeout(20), pipeline:
            return await look(pipeline)

    return asyncio.run(entered())


async def ask(pipeline: Pipeline, *x: str) -> list[pb.Response]:
    return await asyncio.gather(*(pipeline.answer(question(one)) for one in x))
