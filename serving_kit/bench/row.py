"""One measured run, and the JSON-lines file that keeps them."""

import os
import platform
from collections.abc import Iterable
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Self

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from serving_kit.errors import BadInput
from serving_kit.spec import Provenance

_PACKAGES = ("serving-kit", "paddlepaddle", "numpy", "httpx")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Machine(_Strict):
    """Where the client ran; a notebook's server runs there too."""

    cpu: str
    cores: int = Field(gt=0, description="usable by this process, which may be fewer than the machine has")

    @classmethod
    def here(cls) -> Self:
        """Return this machine."""
        return cls(cpu=_cpu_model(), cores=len(os.sched_getaffinity(0)))


class Row(_Strict):
    """One run; latencies in milliseconds as the client saw them, of the requests that were answered."""

    slug: str
    provenance: Provenance
    engine: str
    threads: int | None = Field(default=None, gt=0, description="the server's, where it says")
    concurrency: int = Field(gt=0)
    note: str = Field(default="", description="what this run varied, e.g. `batch 8`")
    requests: int = Field(gt=0, description="sent, without the warm-up")
    errors: int = Field(ge=0, description="how many of them were not answered")
    p50_ms: float = Field(gt=0)
    p95_ms: float = Field(gt=0)
    p99_ms: float = Field(gt=0)
    requests_per_s: float = Field(gt=0, description="answered requests only")
    machine: Machine
    versions: dict[str, str]
    at: datetime = Field(description="the end of the run, UTC")

    @property
    def label(self) -> str:
        """Return what tells this run from others: the slug, and what differs from one plain client."""
        several = f"c={self.concurrency}" if self.concurrency > 1 else ""
        return " · ".join(part for part in (self.slug, several, self.note) if part)


def versions() -> dict[str, str]:
    """Return the versions that decide about latency, of those packages that are installed here."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def record(row: Row, path: Path | str) -> None:
    """Append one row to a results file, made where missing; safe for several processes at once."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"), path.open("ab") as file:
        file.write(row.model_dump_json().encode() + b"\n")


def read(path: Path | str) -> list[Row]:
    """Read a results file, oldest row first; none where there is no file. BadInput names the line that is no row."""
    path = Path(path)
    if not path.exists():
        return []
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            rows.append(Row.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"])) or "the whole line"
            raise BadInput(
                f"{path}, line {number}, field {field}: {first['msg']}; delete the line or measure again"
            ) from None
    return rows


def latest(rows: Iterable[Row]) -> list[Row]:
    """Return the last row of each slug, engine, number of threads, concurrency and note, in the order first seen."""
    return list({(row.slug, row.engine, row.threads, row.concurrency, row.note): row for row in rows}.values())


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
