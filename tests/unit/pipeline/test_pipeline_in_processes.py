"""Pipelines whose ops run in processes (`dag.is_thread_op: false`), and servers that end in whatever way."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.errors import BadInput
from serving_kit.pipeline.config import PipelineConfig
from serving_kit.pipeline.ends import RequestOp, ResponseOp
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.pipeline import Pipeline
from tests.unit.pipeline.test_process_work import crash, is_gone


class Where(Op):
    """Adds its process to what came, or does what the request wants."""

    def preprocess(self, input_dicts: Any, data_id: int = 0, log_id: int = 0) -> Any:
        (came,) = input_dicts.values()
        if came["x"] == "crash":
            crash()
        if came["x"] == "sleep":
            Path(came["began"]).touch()
            time.sleep(60)
        pids = f"{came.get('pids', '')} {os.getpid()}"
        return {"x": came["x"], "asked": self.client, "pids": pids, "number": str(self.concurrency_idx)}, True, None, ""


def made(concurrency: int = 1, **dag: Any) -> Pipeline:
    config = PipelineConfig.of({"http_port": 18082, "dag": {"is_thread_op": False, **dag}})
    first = Where("first", input_ops=[RequestOp()], concurrency=concurrency)
    last = Where("last", input_ops=[first])
    return Pipeline("where", ResponseOp(input_ops=[last]), config, lambda op, _: f"{op.name}'s {op.concurrency_idx}")


def question(x: str, **more: str) -> pb.Request:
    return pb.Request(key=["x", *more], value=[x, *more.values()])


def values(answer: pb.Response) -> dict[str, str]:
    assert answer.err_no == 0, answer.err_msg
    return dict(zip(answer.key, answer.value, strict=True))


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    before = psutil.Process().children(recursive=True)
    yield
    assert set(psutil.Process().children(recursive=True)) <= set(before)


def test_each_op_answers_in_a_process_of_its_own() -> None:
    pipeline = made()
    pipeline.fork()
    pipeline.fork()  # changes nothing

    async def ask() -> None:
        async with asyncio.timeout(20), pipeline:
            for _ in range(2):
                answer = values(await pipeline.answer(question("a")))
                first, last = answer["pids"].split()
                assert len({first, last, str(os.getpid())}) == 3
                assert (answer["x"], answer["asked"], answer["number"]) == ("a", "last's 0", "0")
            crashed = await pipeline.answer(question("crash"))
            assert crashed.err_no == 9000
            assert "[first] failed to predict. its process ended with signal SIGABRT" in crashed.err_msg
            assert first not in values(await pipeline.answer(question("a")))["pids"]
            assert pipeline.stages["last"].measure.totals.answered == 3
        with pytest.raises(BadInput, match="needs a call of fork"):  # once for each start
            await pipeline.start()

    with nothing_left_behind():
        asyncio.run(ask())


def test_processes_that_were_not_forked_in_time_are_an_error() -> None:
    with pytest.raises(BadInput, match=r"is_thread_op is False, which needs a call of fork\(\) before the event loop"):
        asyncio.run(made().start())


def test_ops_in_threads_need_no_fork() -> None:
    pipeline = made(is_thread_op=True)
    with nothing_left_behind():
        pipeline.fork()

        async def ask() -> None:
            async with pipeline:
                assert set(values(await pipeline.answer(question("a")))["pids"].split()) == {str(os.getpid())}

        asyncio.run(ask())


def test_a_pipeline_that_was_forked_and_cannot_start_leaves_nothing_behind() -> None:
    class Broken(Where):
        def init_op(self) -> None:
            raise FileNotFoundError("label.txt")

    config = PipelineConfig.of({"http_port": 18082, "dag": {"is_thread_op": False}})
    ops = Broken("broken", input_ops=[Where("fine", input_ops=[RequestOp()])], concurrency=2)
    pipeline = Pipeline("where", ResponseOp(input_ops=[ops]), config, lambda *_: None)
    with nothing_left_behind():
        pipeline.fork()
        with pytest.raises(BadInput, match=r"^init_op of op 'broken' failed: FileNotFoundError: label\.txt$"):
            asyncio.run(pipeline.start())


def test_the_servers_ports_are_its_own() -> None:
    with nothing_left_behind(), socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()
        pipeline = made()
        pipeline.fork([listening])

        async def ask() -> None:
            async with pipeline:
                listening.listen()
                listening.close()
                with pytest.raises(ConnectionRefusedError):
                    socket.create_connection(port, timeout=5)
                assert values(await pipeline.answer(question("a")))

        asyncio.run(ask())


SERVER = """
import asyncio, sys
from tests.unit.pipeline.test_pipeline_in_processes import made, question, values

pipeline = made(concurrency=2)
pipeline.fork()

async def serve():
    await pipeline.start()
    print(values(await pipeline.answer(question("a")))["pids"], flush=True)
    await pipeline.answer(question("sleep", began=sys.argv[1]))

asyncio.run(serve())
"""


def test_a_server_that_is_killed_takes_its_processes_along(tmp_path: Path) -> None:
    began = tmp_path / "began"
    command = [sys.executable, "-c", SERVER, str(began)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout
        first, _ = map(int, server.stdout.readline().split())
        while not began.exists():
            time.sleep(0.01)
        processes = psutil.Process(server.pid).children(recursive=True)
        assert len(processes) == 4  # the zygote, two of one op, one of the other
        assert first in [process.pid for process in processes]
        server.kill()
    assert [process.pid for process in processes if not is_gone(process.pid)] == []
