"""Tune a model, and find again what an earlier run found on the same machine."""

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from serving_kit.errors import ModelFileError
from serving_kit.runtime import backend
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineName, EngineOptions, Precision
from serving_kit.settings import settings
from serving_kit.tune.choice import fastest_alone, most_requests
from serving_kit.tune.result import FILENAME, Machine, Result, files_of, key
from serving_kit.tune.search import ENGINES, Search


def tune(
    path: str | Path | ModelDir,
    *,
    budget_s: float = 60,
    engines: Sequence[EngineName] = ENGINES,
    precisions: Sequence[Precision] = ("fp32",),
    cores: int | None = None,
    threads: int | None = None,
) -> Result:
    """Measure engines, threads, instances, batches and precisions on this machine for about `budget_s` seconds.

    Paddle is always among the candidates, and ties go to it. `cores` share out other than all of this process's;
    `threads` within a run other than those worth trying. Unsupported where no engine could be measured.
    """
    model = path if isinstance(path, ModelDir) else ModelDir.open(path)
    machine = Machine.here(cores)
    wanted = _wanted(model, engines)
    search = Search(model, machine.cores, budget_s, wanted, precisions, threads)
    search.run()
    measured = tuple(search.measurements.values())
    return Result(
        model=model.name,
        files=files_of(model),
        machine=machine,
        versions=_versions(wanted),
        at=datetime.now(UTC),
        budget_s=budget_s,
        spent_s=round(search.spent_s, 1),
        measurements=measured,
        refusals=tuple(search.refusals),
        agreement=search.agreement,
        latency=fastest_alone(measured),
        throughput=most_requests(measured),
    )


def tuned(
    path: str | Path | ModelDir,
    *,
    budget_s: float,
    precision: Precision = "fp32",
    cores: int | None = None,
    threads: int | None = None,
) -> Result:
    """Return what is known of the model on this machine, or tune it and remember the result in the cache.

    `tune.json` of the model directory counts where model files, machine and versions are still the same. A result
    that the budget cut short is not remembered: the next call has the checks of engines behind it and gets further.
    """
    model = path if isinstance(path, ModelDir) else ModelDir.open(path)
    machine, files, versions = Machine.here(cores), files_of(model), _versions(_wanted(model, ENGINES))
    name = key(files, machine, versions, (precision, threads))
    kept = settings().cache_dir / "tune" / f"{name}.json"
    for known in (model.server_dir / FILENAME, kept):
        with contextlib.suppress(FileNotFoundError, ModelFileError):
            result = Result.read(known)
            if result.fits(files, machine, versions) and _is_as_wished(result, precision, threads):
                return result
    result = tune(model, budget_s=budget_s, precisions=(precision,), cores=cores, threads=threads)
    if result.is_whole:
        with contextlib.suppress(OSError):  # a cache that cannot be written costs the next start its time only
            result.write(kept)
    return result


def _wanted(model: ModelDir, engines: Sequence[EngineName]) -> list[EngineName]:
    """Return the model's own engine and then the others; Paddle does not compute an ONNX model."""
    own = backend.engine_of(model.program, EngineOptions())
    return [own, *(engine for engine in ENGINES if engine in engines and engine not in (own, "paddle"))]


def _is_as_wished(result: Result, precision: Precision, threads: int | None) -> bool:
    winner = result.throughput.candidate
    return winner.precision == precision and threads in (None, winner.threads)


def _versions(engines: Sequence[EngineName]) -> dict[str, str]:
    versions = {engine: backend.installed(engine) for engine in sorted(engines)}
    return {engine: version for engine, version in versions.items() if version}
