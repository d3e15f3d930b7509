"""Rounds brought together: the median of each server at each concurrency, and what it means beside this server's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.peer import ours
from benchmarks.peer.question import Wire
from benchmarks.peer.row import Absence, Limit, Point, Run, Server
from serving_kit.errors import BadInput

Rows = Sequence[Run | Limit | Point | Absence]


@dataclass(frozen=True)
class Entry:
    """Medians over the rounds of one server at one concurrency; `slowest` and `fastest` are rounds, in requests/s."""

    server: str
    concurrency: int
    rounds: int
    requests_per_s: float
    slowest: float
    fastest: float
    p50_ms: float
    p99_ms: float
    server_cpu_us: float
    server_share: float
    client_share: float
    failures: int


@dataclass(frozen=True)
class Contest:
    """One model in one wire form: an entry a server and concurrency, in the order of the line-up."""

    model: str
    wire: Wire
    entries: tuple[Entry, ...]
    limits: tuple[Limit, ...]

    @property
    def concurrencies(self) -> list[int]:
        """The numbers of connections, rising."""
        return sorted({entry.concurrency for entry in self.entries})

    def at(self, concurrency: int) -> list[Entry]:
        """Return the entries of one concurrency."""
        return [entry for entry in self.entries if entry.concurrency == concurrency]

    def own(self, concurrency: int) -> Entry | None:
        """Return this server's entry, None where it has none."""
        return next((entry for entry in self.at(concurrency) if entry.server == ours.NAME), None)

    def limit(self, batch: int) -> float | None:
        """Return the engine's own instances a second at one batch size, the median of the rounds."""
        seen = [limit.instances_per_s for limit in self.limits if limit.batch == batch]
        return median(seen) if seen else None

    def limit_cpu_us(self, batch: int) -> float | None:
        """Return the engine's own processor time an instance at one batch size."""
        seen = [limit.cpu_us for limit in self.limits if limit.batch == batch]
        return median(seen) if seen else None

    def ratio(self, entry: Entry) -> float | None:
        """Return this server's requests/s divided by an entry's; None without both."""
        own = self.own(entry.concurrency)
        return own.requests_per_s / entry.requests_per_s if own else None


@dataclass(frozen=True)
class Loss:
    """Where another server did better: `by` is how many times, `is_clear` whether each of several rounds says so."""

    model: str
    wire: Wire
    own: Entry
    other: Entry
    figure: str
    by: float
    is_clear: bool


def run_of(rows: Rows) -> Run:
    """Return the line about the run; BadInput where there is none."""
    for row in rows:
        if isinstance(row, Run):
            return row
    raise BadInput("the rows do not say which run they are of; measure again")


def contests(rows: Rows) -> list[Contest]:
    """Return what was measured, by model and wire form in the order of the rows."""
    points = [row for row in rows if isinstance(row, Point)]
    keys = dict.fromkeys((point.model, point.wire) for point in points)
    return [
        Contest(
            model,
            wire,
            tuple(
                _entries(
                    [point for point in points if (point.model, point.wire) == (model, wire)], run_of(rows).servers
                )
            ),
            tuple(row for row in rows if isinstance(row, Limit) and row.model == model),
        )
        for model, wire in keys
    ]


def losses(contest: Contest, least: float = 1.02) -> list[Loss]:
    """Return where another server answered more, or its 99th percentile was lower, by at least a factor."""
    found = []
    for other in contest.entries:
        own = contest.own(other.concurrency)
        if own is None or other.server.startswith(ours.NAME):
            continue
        by = other.requests_per_s / own.requests_per_s
        is_clear = other.rounds > 1 and other.slowest > own.fastest
        if by >= least:
            found.append(Loss(contest.model, contest.wire, own, other, "requests/s", by, is_clear))
        elif own.p99_ms / other.p99_ms >= least:
            found.append(Loss(contest.model, contest.wire, own, other, "p99", own.p99_ms / other.p99_ms, False))
    return found


def absences(rows: Rows) -> list[tuple[list[str], Absence]]:
    """Return each server's reasons once, with the models that they hold for, in the order of the rows."""
    found: dict[Absence, list[str]] = {}
    for row in rows:
        if isinstance(row, Absence):
            models = found.setdefault(row.model_copy(update={"model": ""}), [])
            models += [row.model] if row.model not in models else []
    return [(models, row) for row, models in found.items()]


def _entries(points: Iterable[Point], servers: Sequence[Server]) -> Iterable[Entry]:
    order = {server.name: place for place, server in enumerate(servers)}
    groups: dict[tuple[int, int, str], list[Point]] = {}
    for point in points:
        groups.setdefault((point.concurrency, order[point.server], point.server), []).append(point)
    return [_entry(name, concurrency, groups[key]) for key in sorted(groups) for concurrency, _, name in [key]]


def _entry(server: str, concurrency: int, points: Sequence[Point]) -> Entry:
    rates = [point.requests_per_s for point in points]
    return Entry(
        server=server,
        concurrency=concurrency,
        rounds=len(points),
        requests_per_s=median(rates),
        slowest=min(rates),
        fastest=max(rates),
        p50_ms=median(point.p50_ms for point in points),
        p99_ms=median(point.p99_ms for point in points),
        server_cpu_us=median(point.server_cpu_us for point in points),
        server_share=median(point.server_share for point in points),
        client_share=median(point.client_share for point in points),
        failures=sum(point.failures for point in points),
    )
