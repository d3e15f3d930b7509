"""How often a second the engine alone computes a model: no HTTP, no queue, one thread in a tight loop.

`python -m benchmarks.peer.limit ONNX SECONDS BATCH DIMENSION...` prints runs a second and processor seconds a run.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import orjson

from benchmarks.core import on_core
from benchmarks.peer.model import Made
from benchmarks.peer.row import Limit
from serving_kit.errors import Internal

_WARMUP_RUNS = 3


def measure(made: Made, batch: int, seconds: float, core: int, number: int) -> Limit:
    """Measure in a process of its own on one core, in the round of this number; Internal where the engine fails."""
    module, shape = "benchmarks.peer.limit", [str(size) for size in made.model.shape[1:]]
    with on_core(core):
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", module, str(made.onnx), str(seconds), str(batch), *shape],
            capture_output=True,
            check=False,
            start_new_session=True,
        )
    if done.returncode:
        raise Internal(f"the engine alone failed on {made.slug}: {done.stderr.decode('utf-8', 'replace')[-500:]}")
    seen = orjson.loads(done.stdout)
    return Limit(
        model=made.slug,
        round=number,
        batch=batch,
        instances_per_s=seen["runs_per_s"] * batch,
        cpu_us=seen["cpu_s"] / batch * 1e6,
    )


def loop(onnx: Path, seconds: float, shape: Sequence[int]) -> dict[str, float]:
    """Run a model for some seconds in this process; return `runs_per_s`, and `cpu_s` a run."""
    sys.path.insert(0, str(Path(__file__).parent / "services"))
    from session import Session  # type: ignore[import-not-found] # the engine of the peers, as they are given it

    session = Session(str(onnx))
    array = np.random.default_rng(0).standard_normal(shape, np.float32)
    for _ in range(_WARMUP_RUNS):
        session.run(array)
    runs, begun_s, used_s = 0, time.perf_counter(), time.process_time()
    while (took_s := time.perf_counter() - begun_s) < seconds:
        session.run(array)
        runs += 1
    return {"runs_per_s": runs / took_s, "cpu_s": (time.process_time() - used_s) / runs}


if __name__ == "__main__":
    path, seconds, *sizes = sys.argv[1:]
    sys.stdout.buffer.write(orjson.dumps(loop(Path(path), float(seconds), [int(size) for size in sizes])))
