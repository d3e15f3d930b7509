from serving_kit.batching.patience import Patience


def crowd(patience: Patience, size: int) -> None:
    for _ in range(20):
        patience.saw(size)


def test_without_a_delay_nothing_waits() -> None:
    patience = Patience(0.0)
    crowd(patience, 8)
    assert patience.wait_until(5.0, 1, 32) is None


def test_a_lone_request_never_waits() -> None:
    patience = Patience(0.010)
    for _ in range(20):
        assert patience.wait_until(5.0, 1, 32) is None
        patience.saw(1)


def test_one_of_a_crowd_waits_until_the_others_are_there_and_no_longer_than_the_delay() -> None:
    patience = Patience(0.010)
    crowd(patience, 4)
    assert patience.wait_until(5.000, 1, 32) == 5.010
    assert patience.wait_until(5.004, 3, 32) == 5.010
    assert patience.wait_until(5.005, 4, 32) is None
    assert patience.wait_until(6.000, 2, 32) == 6.010
    assert patience.wait_until(6.010, 2, 32) is None


def test_a_full_run_does_not_wait() -> None:
    patience = Patience(0.010)
    crowd(patience, 40)
    assert patience.wait_until(5.0, 32, 32) is None


def test_waiting_in_vain_ends() -> None:
    patience = Patience(0.010)
    crowd(patience, 8)
    waits, now = 0, 5.0
    for _ in range(20):
        until = patience.wait_until(now, 1, 32)
        if until is not None:
            waits += 1
            assert patience.wait_until(until, 1, 32) is None
        patience.saw(1)
        now += 1
    assert 0 < waits <= 4
