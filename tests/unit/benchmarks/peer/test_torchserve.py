"""What TorchServe is started with."""

import sys
from pathlib import Path

import orjson

from benchmarks.peer.peer import Job
from benchmarks.peer.torchserve import TORCHSERVE, settings
from tests.unit.benchmarks.peer.made import MADE


def test_it_listens_on_this_machine_only_with_one_worker(tmp_path: Path) -> None:
    job = Job(MADE, 8123, tmp_path, Path(sys.executable))
    said = settings(job)
    addresses = {value for key, value in said.items() if key.endswith("_address")}
    assert said["inference_address"] == "http://127.0.0.1:8123"
    assert len(addresses) == 3
    assert all(address.startswith("http://127.0.0.1:") for address in addresses)
    (worker,) = orjson.loads(said["models"])[MADE.slug].values()
    assert (worker["minWorkers"], worker["maxWorkers"]) == (1, 1)
    assert worker["batchSize"] == MADE.model.batch


def test_its_command_names_files_that_it_has_written(tmp_path: Path) -> None:
    words = list(TORCHSERVE.command(Job(MADE, 8123, tmp_path, Path(sys.executable))))
    named = [Path(words[words.index(flag) + 1]) for flag in ("--model-store", "--ts-config", "--log-config")]
    assert all(path.exists() for path in named)
    folder = named[0] / MADE.slug
    handler = orjson.loads((folder / "MAR-INF" / "MANIFEST.json").read_bytes())["model"]["handler"]
    assert (folder / handler).exists()
    assert (folder / "session.py").exists()
