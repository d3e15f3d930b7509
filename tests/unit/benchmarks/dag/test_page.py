"""The page of the pipeline's benchmark: its tables, and what it says of each goal."""

from dataclasses import replace

import pytest

from benchmarks.dag import chain, ocr, old
from benchmarks.dag.chain import cost_ms
from benchmarks.dag.page import About, kept_of_loop, page, times_of_old
from benchmarks.dag.rounds import Rounds
from benchmarks.load import Point

ABOUT = About([1, 2, 4], [1, 8], 3, 1.0, 20.0, 0.2, "3.9")
_POINT = Point("", 1, 100, 1.0, 100.0, 1.0, 2.0, 500.0, 0.9, 0.1)


def point(name: str, concurrency: int = 1, *, per_s: float = 100.0, p50_ms: float = 1.0) -> Point:
    return replace(_POINT, protocol=name, concurrency=concurrency, requests_per_s=per_s, p50_ms=p50_ms)


def rounds(*points: Point) -> Rounds:
    made = Rounds()
    for one in points:
        made.add(one)
    return made


def chains(op_ms: float, besides_ms: float) -> list[Point]:
    return [point(chain.name(way, ops), p50_ms=besides_ms + ops * op_ms) for way in chain.WAYS for ops in ABOUT.lengths]


def test_figures_are_the_medians_of_rounds() -> None:
    seen = rounds(point("a", per_s=1.0), point("a", per_s=9.0), point("a", per_s=4.0), point("a", 8)).seen("a")
    assert seen is not None
    assert seen.requests_per_s == 4.0
    assert seen.range("requests_per_s", 1) == "1.0 to 9.0"
    assert rounds().seen("a") is None


def test_an_op_costs_the_slope_and_a_request_where_the_line_begins() -> None:
    assert cost_ms(rounds(*chains(0.25, 0.5)), "gRPC", ABOUT.lengths) == pytest.approx((0.25, 0.5))
    assert cost_ms(rounds(point(chain.name("gRPC", 1))), "gRPC", ABOUT.lengths) is None


@pytest.mark.parametrize(("op_ms", "verdict"), [(0.25, "kept"), (0.5, "missed")])
def test_the_goal_of_an_op_is_judged_for_each_way(op_ms: float, verdict: str) -> None:
    text = page(rounds(*chains(op_ms, 0.5)), ABOUT)
    goals = [line for line in text.splitlines() if line.startswith("An op costs 0")]
    assert [line.partition("ms ")[2] for line in goals] == [
        f"{where}: goal of 0.3 ms {verdict}." for where in ("in process", "over gRPC", "over HTTP")
    ]


def test_the_best_pipeline_is_set_beside_the_best_loop() -> None:
    first, second = ocr.SETTINGS
    seen = rounds(
        point(ocr.loop_name(first), per_s=4.0),
        point(ocr.loop_name(second), per_s=5.0),
        point(ocr.name("HTTP", first), ocr.CONCURRENCY, per_s=4.25),
        point(ocr.name("gRPC", second), ocr.CONCURRENCY, per_s=1.0),
    )
    assert kept_of_loop(seen) == pytest.approx(0.85)
    assert "reaches 85% of the best loop: goal of 90% missed." in page(seen, ABOUT)
    assert kept_of_loop(rounds(point(ocr.loop_name(first)))) is None


def test_each_server_is_taken_at_its_best_and_http_is_set_beside_the_old_grpc() -> None:
    first, second, *_ = old.SETTINGS
    seen = rounds(
        point(old.name(old.OLD, "gRPC", first), 1, per_s=100.0),
        point(old.name(old.OLD, old.SHARED, second), 8, per_s=400.0),
        point(old.name(old.OURS, "gRPC", first), 8, per_s=2_000.0),
        point(old.name(old.OURS, "gRPC", first), 1, per_s=800.0),
        point(old.name(old.OURS, "HTTP", second), 8, per_s=4_000.0),
    )
    assert times_of_old(seen, ABOUT.concurrencies, "gRPC") == pytest.approx(5.0)
    assert times_of_old(seen, ABOUT.concurrencies, "HTTP") == pytest.approx(10.0)
    text = page(seen, ABOUT)
    assert (
        "At its best over gRPC, this server answers 20.0 times as much as 0.9 as its example has it, "
        "5.0 times as much as 0.9 at its best over gRPC: goal of 8 kept, missed."
    ) in text
    assert "10.0 times as much as 0.9 at its best over gRPC: goal of 8 kept, kept." in text
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if "|" in line]
    assert [first, "gRPC", "1", "800", "1", "500", "100", "1", "500", "8.0", "1.0", "10%"] in rows
    assert [second, "HTTP", "8", "4,000", "1", "500", "-", "-", "-", "-", "-", "10%"] in rows


def test_without_the_old_server_nothing_is_said_of_it() -> None:
    first, *_ = old.SETTINGS
    text = page(rounds(point(old.name(old.OURS, "gRPC", first))), replace(ABOUT, python=None))
    assert times_of_old(rounds(), ABOUT.concurrencies, "gRPC") is None
    assert "At its best" not in text
    assert "under Python" not in text
    assert "| -" in text


def test_the_old_server_is_pinned() -> None:
    assert old.versions()["paddle-serving-server"] == "0.9.0"
    assert old.versions()["paddlepaddle"] == "2.6.2"
