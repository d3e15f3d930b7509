import pytest

from benchmarks.crowd import Heard
from benchmarks.overload import complaints_of

PEAK = Heard(seconds=10, server_cpu_s=10, asked=1000, accepted_s=[0.1] * 1000)
FLAT = [100_000_000] * 60


def overloaded(
    accepted: int = 960, accepted_s: float = 0.6, refused_s: float = 0.005, cpu_s: float = 10.0, failures: int = 0
) -> Heard:
    return Heard(10, cpu_s, 3000, [accepted_s] * accepted, [refused_s] * 2000, ["status 500"] * failures)


def test_figures_are_by_second_and_of_each_kind() -> None:
    heard = overloaded()
    assert (heard.asked_per_s, heard.accepted_per_s, heard.refused_per_s) == (300, 96, 200)
    assert (heard.accepted_p99_ms, heard.refused_p99_ms) == (600, 5)
    assert Heard(seconds=1).refused_p99_ms == 0
    assert heard.summary()["accepted_per_cpu_s"] == 96


def test_a_server_that_holds_is_not_complained_of() -> None:
    assert complaints_of(PEAK, overloaded(), FLAT) == []
    assert complaints_of(PEAK, overloaded(accepted=480, cpu_s=5), FLAT) == [], "the machine gave it half of its core"


@pytest.mark.parametrize(
    ("heard", "says"),
    [
        (overloaded(accepted=900), "It answered 90% of its peak rate."),
        (overloaded(refused_s=0.03), "A hundredth of the refusals came after 30.0 ms."),
        (overloaded(accepted_s=1.2), "A hundredth of the answers took 1200 ms, more than 960 ms."),
        (overloaded(failures=2), "2 requests failed otherwise: status 500."),
    ],
)
def test_what_is_worse_than_it_should_be_is_said(heard: Heard, says: str) -> None:
    assert complaints_of(PEAK, heard, FLAT) == [says]


def test_memory_that_grows_is_said() -> None:
    held_bytes = [100_000_000 + 1_000_000 * sample for sample in range(60)]
    assert complaints_of(PEAK, overloaded(), held_bytes) == ["Memory grew by 30.0 MB."]
