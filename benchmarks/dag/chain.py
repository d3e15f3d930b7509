"""What an op costs that does nothing: chains of ops, one request at a time."""

import asyncio
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import linear_regression

import uvloop

from benchmarks.core import cpu_s, on_core
from benchmarks.dag.asked import grpc_question, http_question, message
from benchmarks.dag.chain_service import NAME, response
from benchmarks.dag.rounds import Rounds
from benchmarks.dag.service import Service
from benchmarks.load import Point, Spell, measure
from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.errors import Internal
from serving_kit.pipeline.config import PipelineConfig
from serving_kit.pipeline.pipeline import Pipeline

WAYS = ("in process", "gRPC", "HTTP")
GOAL_MS = 0.3
_VALUE = 1.5


def name(way: str, ops: int) -> str:
    """Return what a chain's points are called."""
    return f"chain, {way}, {ops} ops"


def measure_chains(lengths: Sequence[int], spell: Spell, cores: tuple[int, int], folder: Path) -> Iterator[Point]:
    """Yield one round: each length in this process, and over each protocol of a server."""
    server_core, client_core = cores
    for ops in lengths:
        with on_core(server_core):
            yield measure_in_process(ops, spell)
        questions = [
            question(name(way, ops), NAME, "x", str(_VALUE), float)
            for way, question in (("gRPC", grpc_question), ("HTTP", http_question))
        ]
        service = Service.own(["-m", "benchmarks.dag.chain_service", str(ops)], {}, _VALUE)
        with service.served(questions[0], folder / f"chain-{ops}", server_core) as served, on_core(client_core):
            for question in questions:
                yield measure(question, served, 1, spell)


def measure_in_process(ops: int, spell: Spell) -> Point:
    """Ask a chain in this process, one request after the other."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(ops, spell))


async def _measure(ops: int, spell: Spell) -> Point:
    request = pb.Request.FromString(message(NAME, "x", str(_VALUE)))
    async with Pipeline(NAME, response(ops), PipelineConfig.of({"rpc_port": 1024}), lambda *_: None) as pipeline:
        await _ask(pipeline, request, spell.warmup_s)
        before = time.perf_counter(), cpu_s(os.getpid())
        seen_s = await _ask(pipeline, request, spell.seconds)
        took_s, used_s = time.perf_counter() - before[0], cpu_s(os.getpid()) - before[1]
    return Point.of(name("in process", ops), 1, seen_s, took_s=took_s, server_s=used_s, client_s=0.0)


async def _ask(pipeline: Pipeline, request: pb.Request, seconds: float) -> list[float]:
    """Return what each request took, in seconds; there is one at least."""
    seen_s: list[float] = []
    end = time.perf_counter() + seconds
    while not seen_s or time.perf_counter() < end:
        begun_s = time.perf_counter()
        answer = await pipeline.answer(request)
        seen_s.append(time.perf_counter() - begun_s)
        if answer.err_no or list(answer.value) != [str(_VALUE)]:
            raise Internal(f"a chain answered {list(answer.value)}, err_no {answer.err_no}: {answer.err_msg}")
    return seen_s


def cost_ms(rounds: Rounds, way: str, lengths: Sequence[int]) -> tuple[float, float] | None:
    """Return the milliseconds of an op, and those of a request without one, by a straight line; None for one point."""
    p50_ms: Mapping[int, float] = {ops: seen.p50_ms for ops in lengths if (seen := rounds.seen(name(way, ops)))}
    if len(p50_ms) < 2:
        return None
    line = linear_regression(list(p50_ms), list(p50_ms.values()))
    return line.slope, line.intercept
