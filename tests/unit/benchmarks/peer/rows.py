"""Rows of a comparison that nobody ran."""

from datetime import UTC, datetime

from benchmarks.peer.question import Wire
from benchmarks.peer.row import Absence, Limit, Point, Run, Server, Subject
from benchmarks.peer.summary import Rows
from serving_kit.bench.row import Machine


def run(*servers: str) -> Run:
    return Run(
        at=datetime(2026, 11, 25, tzinfo=UTC),
        arguments=["--only", "m1"],
        machine=Machine(cpu="Some CPU", cores=2),
        load=0.1,
        versions={"python": "3.11.7"},
        seconds=3,
        repeats=3,
        models=[Subject(slug="m1", title="thirteen to one"), Subject(slug="m2", title="a network")],
        servers=[
            Server(
                name=name,
                title=f"the {name} server",
                settings="two threads",
                command=f"{name} --serve",
                asked=["json: POST /json, 9 bytes"],
                versions={name: "1.2.3"},
            )
            for name in servers
        ],
    )


def point(server: str, rate: float, *, c: int = 8, number: int = 0, p99_ms: float = 2.0, **changes: object) -> Point:
    figures = {
        "model": "m1",
        "wire": Wire.JSON,
        "server": server,
        "concurrency": c,
        "round": number,
        "requests": 100,
        "failures": 0,
        "seconds": 1.0,
        "requests_per_s": rate,
        "p50_ms": 1.0,
        "p99_ms": p99_ms,
        "server_cpu_us": 1e6 / rate,
        "server_share": 0.9,
        "client_share": 0.2,
        "memory_bytes": 10**8,
    }
    return Point.model_validate(figures | changes)


def limit(rate: float, *, batch: int = 1, model: str = "m1") -> Limit:
    return Limit(model=model, round=0, batch=batch, instances_per_s=rate, cpu_us=1e6 / rate)


def absence(server: str, reason: str, **changes: object) -> Absence:
    return Absence.model_validate({"model": "m1", "server": server, "reason": reason} | changes)


def three_rounds() -> Rows:
    """This server at 900 to 1,100 requests/s, `slow` at half of that, `quick` just above with a lower p99."""
    rates = (900.0, 1000.0, 1100.0)
    return [
        run("ours", "slow", "quick"),
        limit(2000.0),
        limit(4000.0, batch=8),
        *[point("ours", rate, number=number) for number, rate in enumerate(rates)],
        *[point("slow", rate / 2, number=number, failures=1) for number, rate in enumerate(rates)],
        *[point("quick", rate * 1.5, number=number, p99_ms=1.0) for number, rate in enumerate(rates)],
    ]
