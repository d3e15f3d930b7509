"""How long a server takes to its first answer, what it holds then, and how long a client takes to import.

`python -m benchmarks.startup [--repeats 3] [--workers 1 2 4] [--rows FILE] [-- SERVER FLAGS]`
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import orjson

from benchmarks import report
from benchmarks.burden import make_burden
from benchmarks.footprint import MB, Footprint, footprint
from benchmarks.housing import NAME, make_model
from serving_kit.bench.row import Machine, versions
from serving_kit.command import exit_status
from serving_kit.process import start

_IMPORTS = {
    "a bare interpreter": "pass",
    "numpy": "import numpy",
    "the client package": "import serving_kit.clients",
    "connect": "from serving_kit.clients import connect",
    "a gRPC client": "import serving_kit as sk; sk.connect('grpc://127.0.0.1:1')",
    "a bRPC client": "import serving_kit as sk; sk.connect('brpc://127.0.0.1:1')",
    "an HTTP client": "import serving_kit as sk; sk.connect('http://127.0.0.1:1')",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the arguments say, print tables and write rows; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3, help="of everything; medians are shown")
    parser.add_argument("--engines", nargs="+", choices=("paddle", "onnxruntime"), default=["paddle", "onnxruntime"])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], help="processes of a server")
    parser.add_argument("--rows", type=Path, default=Path("build/benchmarks/startup.jsonl"), help="file to write")
    parser.add_argument("flags", nargs="*", help="further flags of python -m serving_kit.serve, after --")
    options = parser.parse_args(arguments)
    return exit_status(lambda: _main(options))


def _main(options: argparse.Namespace) -> None:
    imports = [_imported(name, code, options.repeats) for name, code in _IMPORTS.items()]
    sys.stdout.write(f"{_table(imports)}\n\n")
    starts = []
    with tempfile.TemporaryDirectory(prefix="serving-kit-benchmark-") as folder:
        for engine in options.engines:
            (home := Path(folder) / engine).mkdir()
            model = make_model(home) if engine == "paddle" else make_burden(home, layers=0)
            starts += [_started(engine, model, count, options) for count in options.workers]
    sys.stdout.write(f"{_table(starts)}\n")
    about = {"machine": Machine.here().model_dump(), "versions": versions(), "flags": options.flags}
    options.rows.parent.mkdir(parents=True, exist_ok=True)
    options.rows.write_bytes(b"".join(orjson.dumps(row | about) + b"\n" for row in (*imports, *starts)))


def _imported(name: str, code: str, repeats: int) -> dict[str, object]:
    seen = [_child_s([sys.executable, "-c", code])[:2] for _ in range(repeats)]
    return {"import": name, "s": median(each[0] for each in seen), "CPU s": median(each[1] for each in seen)}


def _child_s(command: Sequence[str]) -> tuple[float, float, str]:
    """Run a process to its end; return the seconds it took, those of the processor, and what it wrote."""
    before, began_s = _children_cpu_s(), time.perf_counter()
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # noqa: S603
    return time.perf_counter() - began_s, _children_cpu_s() - before, ran.stdout


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _started(engine: str, model: Path, workers: int, options: argparse.Namespace) -> dict[str, object]:
    bare_bytes = int(_child_s([sys.executable, "-m", "benchmarks.bare_engine", engine, str(model)])[2])
    flags = [*options.flags, *(["--workers", str(workers)] if workers > 1 else [])]
    first_s = _start_s(model, flags)[0]  # tries the model in a child process where no verdict is remembered
    seen = [_start_s(model, flags) for _ in range(options.repeats)]
    held = seen[-1][1]
    return {
        "engine": engine,
        "workers": workers,
        "first start s": first_s,
        "start s": median(seconds for seconds, _ in seen),
        "RSS MB": held.rss_bytes / MB,
        "PSS MB": held.pss_bytes / MB,
        "engine alone MB": bare_bytes / MB,
        "beyond it MB": held.rss_bytes / MB - bare_bytes / MB if workers == 1 else None,
        "threads": held.threads,
    }


def _start_s(model: Path, flags: Sequence[str]) -> tuple[float, Footprint]:
    began_s = time.perf_counter()
    with start(model, name=NAME, flags=flags) as server:
        return time.perf_counter() - began_s, footprint(server.pid)


def _table(rows: Sequence[dict[str, object]]) -> str:
    return report.markdown(list(rows[0]), [[_cell(value) for value in row.values()] for row in rows])


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}" if value < 30 else f"{value:.0f}"
    return "" if value is None else str(value)


if __name__ == "__main__":
    sys.exit(main())
