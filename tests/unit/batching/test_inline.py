from serving_kit.batching.cost import RunCosts
from serving_kit.batching.inline import InlineRuns


def ran_in_threads(inline: InlineRuns, costs: RunCosts, duration_s: float, times: int = 3) -> None:
    for _ in range(times):
        costs.record(1, duration_s)
        inline.ran_in_thread()


def test_short_runs_come_to_the_loop_once_they_are_known_to_be_short() -> None:
    costs = RunCosts()
    inline = InlineRuns(costs, 0.0002)
    ran_in_threads(inline, costs, 0.00005, times=2)
    assert inline.most == 0
    ran_in_threads(inline, costs, 0.00005, times=1)
    assert inline.most > 1


def test_long_runs_stay_away_from_the_loop() -> None:
    costs = RunCosts()
    inline = InlineRuns(costs, 0.0002)
    ran_in_threads(inline, costs, 0.001, times=100)
    assert inline.most == 0


def test_with_no_time_for_them_no_run_is_short() -> None:
    costs = RunCosts()
    inline = InlineRuns(costs, 0.0)
    ran_in_threads(inline, costs, 0.0, times=10)
    assert inline.most == 0


def test_a_run_that_turns_out_long_sends_the_model_back_and_the_next_one_for_longer() -> None:
    costs = RunCosts()
    inline = InlineRuns(costs, 0.0002)
    ran_in_threads(inline, costs, 0.00005)
    for penalty in (64, 128):
        inline.ran(0.001, cpu_s=0.001)
        ran_in_threads(inline, costs, 0.00005, times=penalty)
        assert inline.most == 0
        ran_in_threads(inline, costs, 0.00005, times=1)
        assert inline.most > 0


def test_a_run_that_another_process_held_up_is_no_long_run() -> None:
    costs = RunCosts()
    inline = InlineRuns(costs, 0.0002)
    ran_in_threads(inline, costs, 0.00005)
    inline.ran(0.040, cpu_s=0.00005)
    assert inline.most > 0
    inline.ran(0.4, cpu_s=0.00005)  # nothing is held up for so long: the engine waits for something
    assert inline.most == 0


def test_runs_that_grow_longer_leave_the_loop() -> None:
    costs = RunCosts()
    inline = InlineRuns(costs, 0.0002)
    ran_in_threads(inline, costs, 0.00005)
    for _ in range(200):
        costs.record(1, 0.0005)
        inline.ran(0.0005, cpu_s=0.0005)
    assert inline.most == 0


def test_cpu_time_is_asked_for_at_first_now_and_then_and_after_a_run_that_took_long() -> None:
    inline = InlineRuns(RunCosts(), 0.0002)
    watched = []
    for _ in range(40):
        watched.append(inline.watches_cpu)
        inline.ran(0.00005, cpu_s=0.00005 if inline.watches_cpu else None)
    assert [run for run, is_watched in enumerate(watched) if is_watched] == [*range(8), 32]
    inline.ran(0.001, cpu_s=None)
    assert inline.watches_cpu
    inline.ran(0.00005, cpu_s=0.00005)
    assert not inline.watches_cpu


def test_a_run_that_took_long_unwatched_is_given_the_benefit_of_the_doubt_once() -> None:
    costs = RunCosts()
    inline = InlineRuns(costs, 0.0002)
    ran_in_threads(inline, costs, 0.00005)
    inline.ran(0.001, cpu_s=None)
    assert inline.most > 0
    inline.ran(0.001, cpu_s=0.001)
    assert inline.most == 0
