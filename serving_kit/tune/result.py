"""`tune.json`: what was measured of a model on a machine, and which candidates won."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from serving_kit.checksum import file_sha256
from serving_kit.errors import ModelFileError
from serving_kit.runtime.framework import core_count, cpu_flags
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineName, Precision
from serving_kit.spec import GOLDEN_FILENAME

FILENAME = "tune.json"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Candidate(_Strict):
    """One way to run a model: so many instances at a time, each with its threads, each run on so many requests."""

    engine: EngineName
    precision: Precision = "fp32"
    threads: int = Field(default=1, ge=1)
    instances: int = Field(default=1, ge=1)
    batch: int = Field(default=1, ge=1)

    @property
    def title(self) -> str:
        """What to call it in a table: `openvino bf16, 2 x 1 threads, batch 8`."""
        precision = "" if self.precision == "fp32" else f" {self.precision}"
        threads = f"{self.instances} x {self.threads} thread{'s' if self.threads > 1 else ''}"
        return f"{self.engine}{precision}, {threads}, batch {self.batch}"


class Measurement(_Strict):
    """What a candidate reached: median duration of a run while all instances are busy, and requests a second in all."""

    candidate: Candidate
    run_ms: float
    requests_per_s: float

    @property
    def is_latency(self) -> bool:
        """Whether `run_ms` is what one request takes with the machine to itself."""
        return self.candidate.instances == self.candidate.batch == 1


class Refusal(_Strict):
    """An engine that was not measured, and why; `for_good` where more time would change nothing."""

    engine: EngineName
    precision: Precision
    reason: str
    for_good: bool = True


class Machine(_Strict):
    """What figures depend on: the processor, its instruction sets, and the cores that were to be used."""

    cpu: str
    flags: tuple[str, ...]
    cores: int

    @classmethod
    def here(cls, cores: int | None = None) -> Self:
        """Describe this machine; `cores` other than all that this process may use."""
        return cls(cpu=_cpu_name(), flags=tuple(sorted(cpu_flags())), cores=cores or core_count())


class Result(_Strict):
    """The whole of `tune.json`. Unknown keys are errors; `latency` and `throughput` are the winners."""

    model: str
    files: str = Field(description="sha256 over the model's files")
    machine: Machine
    versions: dict[str, str] = Field(description="engine to version")
    at: AwareDatetime
    budget_s: float
    spent_s: float
    measurements: tuple[Measurement, ...]
    refusals: tuple[Refusal, ...] = ()
    agreement: dict[str, str] = Field(default_factory=dict, description="engine to how well it agrees")
    latency: Measurement
    throughput: Measurement

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a result; ModelFileError where it cannot be understood."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "the whole file"
            raise ModelFileError(
                f"{path}: field {field}: {first['msg']}; remove the file or run python -m serving_kit.tune again"
            ) from None

    def write(self, path: Path) -> None:
        """Write it to a file, whole or not at all."""
        part = path.with_name(f".{path.name}.{os.getpid()}")
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
        part.replace(path)

    @property
    def is_whole(self) -> bool:
        """Whether every engine was either measured or refused for good."""
        return all(refusal.for_good for refusal in self.refusals)

    def fits(self, files: str, machine: Machine, versions: dict[str, str]) -> bool:
        """Tell whether it was measured on these files, on such a machine, with these versions of its engines."""
        return (self.files, self.machine) == (files, machine) and self.versions.items() <= versions.items()

    def best(self, engine: EngineName) -> Measurement | None:
        """Return the measurement with the most requests a second of an engine."""
        measured = [each for each in self.measurements if each.candidate.engine == engine]
        return max(measured, key=lambda each: each.requests_per_s, default=None)


def files_of(model: ModelDir) -> str:
    """Return a sha256 over the model's program, parameters and golden example."""
    digest = hashlib.sha256()
    for path in (model.program, *model.parameter_files, model.server_dir / GOLDEN_FILENAME):
        if path.exists():
            digest.update(file_sha256(path).encode())
    return digest.hexdigest()


def key(files: str, machine: Machine, versions: dict[str, str], wishes: Iterable[object]) -> str:
    """Return a name for what was measured under these conditions."""
    basis = (files, machine.model_dump_json(), sorted(versions.items()), *wishes)
    return hashlib.sha256(repr(basis).encode()).hexdigest()


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "unknown"
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")
