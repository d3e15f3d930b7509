"""A pipeline in a process of its own, as its clients and its figures show it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from serving_kit.codecs import pipeline_service_pb2 as pb

SCRIPTS = Path(__file__).parent / "scripts"
PATH = "/baidu.paddle_serving.pipeline_serving.PipelineService/inference"


@dataclass(frozen=True)
class Served:
    """A server that runs in `folder`."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def figures(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.url}/pipeline/figures", timeout=20).json()
        return found

    def log(self) -> str:
        return (self.folder / "PipelineServingLogs" / "pipeline.log").read_text(encoding="utf-8")


@contextmanager
def served(script: str, folder: Path, **config: Any) -> Iterator[Served]:
    """Run a script of `scripts/` with a config.yml; it must end by itself when it is asked to."""
    (folder / "config.yml").write_text(yaml.safe_dump({"http_port": 18082, **config}), encoding="utf-8")
    command = [sys.executable, str(SCRIPTS / script), "config.yml"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield Served(folder, int(process.stdout.readline()))
            process.terminate()
            assert process.wait(20) == 0
        finally:
            process.kill()


def question(x: object, log_id: int = 0) -> pb.Request:
    return pb.Request(key=["x"], value=[str(x)], logid=log_id)


def body(x: object, log_id: int = 0) -> bytes:
    return json.dumps({"key": ["x"], "value": [str(x)], "logid": log_id}).encode()


def values(answer: Mapping[str, Any]) -> dict[str, str]:
    assert answer["err_no"] == 0, answer["err_msg"]
    return dict(zip(answer["key"], answer["value"], strict=True))


def plain(answer: pb.Response) -> dict[str, Any]:
    return {
        "err_no": answer.err_no,
        "err_msg": answer.err_msg,
        "key": list(answer.key),
        "value": list(answer.value),
    }


def eventually(holds: Callable[[], bool], within_s: float = 20.0) -> None:
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)
