"""Points of several rounds, brought together by what was measured."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.load import Point


@dataclass
class Rounds:
    """Points by their name, which is their `protocol`, and their concurrency."""

    points: dict[tuple[str, int], list[Point]] = field(default_factory=dict)

    def add(self, point: Point) -> None:
        """Keep one point."""
        self.points.setdefault((point.protocol, point.concurrency), []).append(point)

    def __iter__(self) -> Iterator[Point]:
        """Yield every point."""
        return (point for points in self.points.values() for point in points)

    def seen(self, name: str, concurrency: int = 1) -> "Seen | None":
        """Return what the rounds said of one thing; None where it was not measured."""
        points = self.points.get((name, concurrency))
        return Seen(points) if points else None


@dataclass(frozen=True)
class Seen:
    """One thing at one concurrency; figures are medians of its rounds."""

    points: Sequence[Point]

    @property
    def requests_per_s(self) -> float:
        """Answers a second."""
        return median(point.requests_per_s for point in self.points)

    @property
    def p50_ms(self) -> float:
        """The time within which half of the answers came."""
        return median(point.p50_ms for point in self.points)

    @property
    def p99_ms(self) -> float:
        """The time within which 99 % of the answers came."""
        return median(point.p99_ms for point in self.points)

    @property
    def cpu_us(self) -> float:
        """The processor time of the measured side for one answer."""
        return median(point.server_cpu_us for point in self.points)

    @property
    def client_share(self) -> float:
        """How much of its core the generator used."""
        return median(point.client_share for point in self.points)

    def range(self, name: str, digits: int = 0) -> str:
        """Return the least and the greatest of a figure's rounds."""
        values = [getattr(point, name) for point in self.points]
        return f"{min(values):,.{digits}f} to {max(values):,.{digits}f}" if len(values) > 1 else "1 round"
