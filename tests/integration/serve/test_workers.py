"""Several processes behind one port."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import psutil
import pytest

from serving_kit.clients import connect
from serving_kit.errors import BadInput
from serving_kit.process import Server, start
from tests.unit.transports.brpc import BrpcWire

pytestmark = pytest.mark.integration

ONE_TWO_THREE = {"feed": [{"x": [1, 2, 3]}], "fetch": ["total"]}
WORKERS = 2


def ask(url: str) -> object:
    return httpx.post(f"{url}/adder/prediction", json=ONE_TWO_THREE, timeout=20).json()


def workers(server: Server) -> list[psutil.Process]:
    return psutil.Process(server.pid).children()


def cpu_s(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:2])


@pytest.fixture(scope="module")
def server(adder: Path) -> Iterator[Server]:
    flags = ["--workers", str(WORKERS), "--enable_prometheus", "--prometheus_port", "0"]
    with start(adder, name="adder", flags=flags) as server:
        yield server


def test_every_worker_answers_and_their_counters_are_one(server: Server) -> None:
    before = {process.pid: cpu_s(process) for process in workers(server)}
    assert len(before) == WORKERS
    asked = 0
    while any(cpu_s(process) <= before[process.pid] + 0.05 for process in workers(server)):
        assert ask(server.url) == {"result": {"total": [[7.0]]}}
        asked += 1
        assert asked < 5000, "one worker never answered"
    counted = httpx.get(f"{server.url}/metrics").text
    assert f'pd_query_request_success_total{{model="adder",version="0"}} {asked}.0' in counted
    (statistics,) = httpx.get(f"{server.url}/v2/models/adder/stats").json()["model_stats"]
    assert statistics["inference_count"] == asked


def test_every_protocol_reaches_a_worker(server: Server) -> None:
    with BrpcWire(server.port) as wire:
        wire.send(b"PRPC\0\0\0\0\0\0\0\0")
        assert wire.frame().meta.response.error_code == 1003
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        assert channel.unary_unary("/inference.GRPCInferenceService/ServerReady")(b"", timeout=20) == b"\x08\x01"


def test_a_worker_that_dies_is_replaced_and_the_port_goes_on(server: Server) -> None:
    first = workers(server)[0]
    first.kill()
    deadline = time.monotonic() + 60
    while len([child for child in workers(server) if child.pid != first.pid]) < WORKERS:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert ask(server.url) == {"result": {"total": [[7.0]]}}


def test_they_want_the_same_keys_and_end_together(adder: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("correct-horse-battery\n", encoding="ascii")
    with start(adder, name="adder", flags=["--workers", "2", "--api_key_file", str(keys)]) as server:
        children = workers(server)
        assert httpx.get(f"{server.url}/v2/models").status_code == 401
        with connect(server.url, api_key="correct-horse-battery") as client:
            assert client.models() == ["adder"]
        os.kill(server.pid, signal.SIGTERM)
        psutil.wait_procs(children, timeout=30)
        assert not any(child.is_running() for child in children)


def test_what_one_cannot_load_is_said_once(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no model directory"):
        start(tmp_path / "nothing", flags=["--workers", "2"])


def test_models_are_not_changed_in_one_worker_alone(adder: Path) -> None:
    with pytest.raises(BadInput, match="--model_control would change one of --workers alone"):
        start(adder, flags=["--workers", "2", "--model_control"])
