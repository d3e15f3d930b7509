import pytest

from benchmarks.peer.question import Wire
from benchmarks.peer.summary import absences, contests, losses, run_of
from serving_kit.errors import BadInput
from tests.unit.benchmarks.peer.rows import absence, limit, point, run, three_rounds


def test_the_middle_round_counts_and_failures_add_up() -> None:
    (contest,) = contests(three_rounds())
    own, slow, quick = contest.entries
    assert [entry.server for entry in contest.entries] == ["ours", "slow", "quick"]
    assert (own.requests_per_s, own.slowest, own.fastest, own.rounds) == (1000, 900, 1100, 3)
    assert (slow.failures, slow.server_cpu_us) == (3, 2000)
    assert contest.ratio(slow) == 2
    assert contest.ratio(quick) == pytest.approx(2 / 3)
    assert (contest.limit(1), contest.limit(8), contest.limit(4)) == (2000, 4000, None)


def test_servers_stand_in_the_order_of_the_run_within_each_concurrency() -> None:
    rows = [run("ours", "b", "a"), *[point(name, 10.0, c=c) for c in (32, 8) for name in ("a", "b", "ours")]]
    (contest,) = contests(rows)
    assert [(entry.concurrency, entry.server) for entry in contest.entries] == [
        (c, name) for c in (8, 32) for name in ("ours", "b", "a")
    ]
    assert contest.concurrencies == [8, 32]


def test_models_and_wire_forms_are_contests_of_their_own_with_their_own_limits() -> None:
    rows = [
        run("ours"),
        limit(10.0),
        limit(20.0, model="m2"),
        point("ours", 5.0),
        point("ours", 6.0, wire="binary"),
        point("ours", 7.0, model="m2", wire="binary"),
    ]
    found = contests(rows)
    assert [(one.model, one.wire) for one in found] == [("m1", Wire.JSON), ("m1", Wire.BINARY), ("m2", Wire.BINARY)]
    assert [one.limit(1) for one in found] == [10, 10, 20]


def test_nothing_is_divided_where_this_server_gave_no_figures() -> None:
    (contest,) = contests([run("ours", "other"), point("other", 10.0)])
    assert contest.ratio(contest.entries[0]) is None
    assert losses(contest) == []


def test_a_loss_is_clear_only_where_the_rounds_do_not_overlap() -> None:
    (contest,) = contests(three_rounds())
    (loss,) = losses(contest)
    assert (loss.other.server, loss.figure, loss.by, loss.is_clear) == ("quick", "requests/s", 1.5, True)
    rates = ((100.0, 130.0), (120.0, 150.0), (90.0, 110.0))
    near = [
        run("ours", "other"),
        *[
            point(n, rate, number=i)
            for i, two in enumerate(rates)
            for n, rate in zip(("ours", "other"), two, strict=True)
        ],
    ]
    (loss,) = losses(contests(near)[0])
    assert (loss.by, loss.is_clear) == (1.3, False)


def test_one_round_is_never_clear() -> None:
    (loss,) = losses(contests([run("ours", "other"), point("ours", 100.0), point("other", 200.0)])[0])
    assert not loss.is_clear


def test_a_lower_99th_percentile_is_a_loss_and_one_percent_is_none() -> None:
    rows = [run("ours", "a", "b"), point("ours", 100.0), point("a", 99.0, p99_ms=1.0), point("b", 101.0)]
    (loss,) = losses(contests(rows)[0])
    assert (loss.other.server, loss.figure, loss.by) == ("a", "p99", 2)


def test_another_row_of_this_server_is_no_rival() -> None:
    rows = [run("ours", "ours-batched"), point("ours", 100.0), point("ours-batched", 200.0)]
    assert losses(contests(rows)[0]) == []


def test_a_reason_stands_once_with_its_models() -> None:
    rows = [run("a"), absence("a", "no"), absence("a", "no"), absence("a", "no", model="m2"), absence("a", "other")]
    assert [(models, row.reason) for models, row in absences(rows)] == [(["m1", "m2"], "no"), (["m1"], "other")]


def test_rows_without_their_run_are_refused() -> None:
    with pytest.raises(BadInput, match="which run"):
        run_of([point("ours", 1.0)])
