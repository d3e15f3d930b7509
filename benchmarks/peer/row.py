"""What a comparison leaves behind: one JSON line for the run, and one for each thing measured or impossible."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from benchmarks.peer.question import Wire
from serving_kit.bench.row import Machine
from serving_kit.errors import BadInput


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(_Strict):
    """A server in one setting; `command` and `asked` are of the first model, without this machine's folders."""

    name: str
    title: str
    settings: str
    command: str
    asked: list[str]
    versions: dict[str, str]


class Subject(_Strict):
    """A model that was served."""

    slug: str
    title: str


class Run(_Strict):
    """The run as a whole; `load` is the machine's 1-minute load average before the first measurement."""

    kind: Literal["run"] = "run"
    at: datetime
    arguments: list[str]
    machine: Machine
    load: float
    versions: dict[str, str]
    seconds: float
    repeats: int
    models: list[Subject]
    servers: list[Server]


class Limit(_Strict):
    """What the engine alone reached, in instances a second and processor time an instance."""

    kind: Literal["limit"] = "limit"
    model: str
    round: int
    batch: int
    instances_per_s: float
    cpu_us: float


class Point(_Strict):
    """One server at one concurrency; `server_share` and `client_share` are of one core."""

    kind: Literal["point"] = "point"
    model: str
    wire: Wire
    server: str
    concurrency: int
    round: int
    requests: int
    failures: int
    seconds: float
    requests_per_s: float
    p50_ms: float
    p99_ms: float
    server_cpu_us: float
    server_share: float
    client_share: float
    memory_bytes: int


class Absence(_Strict):
    """A server that gave no figures, from some concurrency on where one is named, and why."""

    kind: Literal["absence"] = "absence"
    model: str
    server: str
    reason: str
    wire: Wire | None = None
    concurrency: int | None = None


Row = Annotated[Run | Limit | Point | Absence, Field(discriminator="kind")]
_ROW: TypeAdapter[Run | Limit | Point | Absence] = TypeAdapter(Row)


def write(rows: Iterable[BaseModel], path: Path) -> None:
    """Write one line a row, in place of what the file held."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(f"{row.model_dump_json()}\n")
            file.flush()  # an interrupted run keeps what it has measured


def read(path: Path) -> Sequence[Run | Limit | Point | Absence]:
    """Read a file of rows; BadInput names the line that is none."""
    rows = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            rows.append(_ROW.validate_json(line))
        except ValidationError as error:
            raise BadInput(f"{path}, line {number} is no row ({error.errors()[0]['msg']}); measure again") from None
    return rows
