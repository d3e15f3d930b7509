"""How BentoML is started and read."""

import sys
from pathlib import Path

import httpx

from benchmarks.peer.bentoml import BENTOML
from benchmarks.peer.peer import SERVICES, Job
from benchmarks.peer.question import Wire
from tests.unit.benchmarks.peer.made import MADE


def test_its_service_is_found_and_told_what_to_serve(tmp_path: Path) -> None:
    job = Job(MADE, 8123, tmp_path, Path(sys.executable))
    words, variables = list(BENTOML.command(job)), BENTOML.variables(job)
    assert (SERVICES / "bentoml_service.py").exists()
    assert words[words.index("--host") + 1] == "127.0.0.1"
    assert variables["PEER_ONNX"] == str(MADE.onnx)
    assert variables["PEER_BATCH"] == str(MADE.model.batch)


def test_its_json_answer_is_rows_without_a_name() -> None:
    question = BENTOML.questions(MADE)[Wire.JSON]
    assert question.read(httpx.Response(200, content=b"[[1.5,2.5]]")).tolist() == [[1.5, 2.5]]
