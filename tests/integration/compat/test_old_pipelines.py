"""Pipelines and their clients as Paddle Serving's examples have them, run unchanged against real models."""

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

from serving_kit.process import Server
from tests.integration.compat.conftest import Run, Serving

pytestmark = pytest.mark.integration

Configure: TypeAlias = Callable[..., tuple[str, str]]
Pipeline: TypeAlias = Callable[[str], AbstractContextManager[Any]]


@pytest.fixture
def ports() -> tuple[int, int]:
    """Two ports that nobody uses: for gRPC and for HTTP."""
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2)]
        first, second = (int(listener.getsockname()[1]) for listener in listeners)
    return first, second


def local(model: Path, **changes: Any) -> dict[str, Any]:
    conf = {"client_type": "local_predictor", "model_config": str(model), "device_type": 0, "devices": ""}
    return {"local_service_conf": {**conf, "fetch_list": ["price"], **changes}}


@pytest.fixture
def configure(tmp_path: Path, ports: tuple[int, int]) -> Configure:
    """Write what a script reads in its own folder, and return its addresses for gRPC and HTTP."""

    def configure(ops: dict[str, Any], **dag: Any) -> tuple[str, str]:
        rpc_port, http_port = ports
        document = {
            "rpc_port": rpc_port,
            "http_port": http_port,
            "worker_num": 4,
            "build_dag_each_worker": False,
            "dag": {"retry": 1, "use_profile": False, "tracer": {"interval_s": 10}, **dag},
            "op": ops,
        }
        (tmp_path / "imdb.vocab").write_text("great\nfilm\nawful\n", encoding="utf-8")
        (tmp_path / "config.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
        return f"127.0.0.1:{rpc_port}", f"127.0.0.1:{http_port}"

    return configure


@pytest.fixture
def pipeline(serving: Serving, ports: tuple[int, int]) -> Pipeline:
    """Run an old script of a pipeline until the block ends."""
    return lambda script: serving(script, ports[1])


@pytest.mark.parametrize("is_thread_op", [True, False])
def test_the_simple_web_service_and_both_of_its_clients(
    run: Run, configure: Configure, pipeline: Pipeline, uci: Path, is_thread_op: bool
) -> None:
    rpc, http = configure({"uci": {"concurrency": 2, **local(uci / "uci_model")}}, is_thread_op=is_thread_op)
    numbers = "x=" + ",".join(map(str, range(13)))
    with pipeline("pipeline_web_service.py"):
        by_rpc = run("pipeline_rpc_client.py", rpc)
        by_http = run("pipeline_http_client.py", http, "uci", numbers)
        of_another = run("pipeline_http_client.py", http, "bert", numbers)
    assert (by_rpc.returncode, by_rpc.stderr) == (0, "")
    assert by_rpc.stdout.splitlines() == [
        "['price'] ['[[78.]]']",
        "[[78.]]",
        "[[91.]]",
        "[[104.]]",
        "[[78.] [13.]]",
        "[[78.] [13.]]",
        "True",
        "51 3 numbers, not 13",
    ]
    answer = {"err_no": 0, "err_msg": "", "key": ["price"], "value": ["[[78.]]"], "tensors": []}
    assert (by_http.returncode, by_http.stdout) == (0, f"200 {answer}\n" * 3), by_http.stderr
    assert "'err_no': 3002, 'err_msg': 'Failed to inference: Service name error.'" in of_another.stdout


def test_an_ensemble_of_a_model_on_a_server_and_one_in_process(
    run: Run, configure: Configure, pipeline: Pipeline, uci: Path, server: Server
) -> None:
    remote = {"client_type": "brpc", "server_endpoints": [f"127.0.0.1:{server.port}"], "fetch_list": ["price"]}
    ops = {
        "bow": {"concurrency": 1, **remote, "client_config": str(uci / "uci_client" / "serving_client_conf.prototxt")},
        "cnn": {"concurrency": 1, **local(uci / "uci_model")},
        "combine": {"concurrency": 2},
    }
    _, http = configure(ops)
    with pipeline("pipeline_ensemble.py"):
        done = run("pipeline_http_client.py", http, "imdb", "words=awful film | 0")
    value = ["array([[3.]], dtype=float32)"]
    answer = {"err_no": 0, "err_msg": "", "key": ["prediction"], "value": value, "tensors": []}
    assert (done.returncode, done.stdout) == (0, f"200 {answer}\n" * 3), done.stderr


def test_a_detectors_lists_of_text_are_printed_as_they_were(
    run: Run, configure: Configure, pipeline: Pipeline, uci: Path
) -> None:
    _, http = configure({"ppdet": {"concurrency": 1, **local(uci / "uci_model")}})
    with pipeline("pipeline_detection.py"):
        done = run("pipeline_http_client.py", http, "ppdet", f"image_0={' '.join('1' * 13)}")
    answer = {"err_no": 0, "err_msg": "", "key": ["image_0"], "value": ["['house 13.0']"], "tensors": []}
    assert (done.returncode, done.stdout) == (0, f"200 {answer}\n" * 3), done.stderr
