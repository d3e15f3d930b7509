from pathlib import Path

from serving_kit.metrics.statistics import Duration, Statistics, shared_rows


def test_the_parts_of_a_request_add_up_to_it() -> None:
    counted = Statistics()
    counted.ran(3e-6, requests=2)  # one run that answers two requests
    for _ in range(2):
        counted.answered(1, 10, 5000, 20)
    parts = (counted.queue, counted.compute_input, counted.compute_infer, counted.compute_output)
    assert [(part.count, part.ns) for part in parts] == [(2, 4000), (2, 20), (2, 6000), (2, 40)]
    assert (counted.success.count, counted.success.ns) == (2, sum(part.ns for part in parts))
    assert (counted.executions, counted.inferences, counted.last_inference_ms > 0) == (1, 2, True)


def test_a_run_whose_requests_have_not_been_told_of_yet_counts_for_none() -> None:
    counted = Statistics()
    counted.ran(1.0, requests=1)
    assert counted.queue == counted.compute_infer == Duration(0, 0)
    assert counted.executions == 1


def test_failures_are_counted_apart() -> None:
    counted = Statistics()
    counted.failed(7)
    assert (counted.fail, counted.success) == (Duration(1, 7), Duration(0, 0))


def test_several_processes_count_as_one(tmp_path: Path) -> None:
    path = tmp_path / "counters"
    first, second = (Statistics(shared_rows(path, 2, 3)[1], worker) for worker in (0, 1))
    first.answered(2, 1, 2, 3)
    second.answered(5, 1, 2, 3)
    second.failed(7)
    second.ran(1e-9, requests=1)
    for counted in (first, second):
        assert (counted.inferences, counted.success, counted.fail) == (7, Duration(2, 12), Duration(1, 7))
        assert (counted.executions, counted.last_inference_ms > 0) == (1, True)
    other = Statistics(shared_rows(path, 2, 3)[0], 0)
    assert other.success == Duration(0, 0)
