import pytest

from benchmarks.footprint import Footprint, growth_bytes
from benchmarks.soak import Soaked

BEFORE = Footprint(100_000_000, 90_000_000, 14, 24)
FLAT = [100_000_000] * 60


def soaked(threads: int = 14, descriptors: int = 24, held_bytes: list[int] | None = None) -> Soaked:
    after = Footprint(BEFORE.rss_bytes, BEFORE.pss_bytes, threads, descriptors)
    return Soaked(BEFORE, after, held_bytes or FLAT)


def test_a_server_that_is_back_where_it_was_is_not_complained_of() -> None:
    assert soaked().complaints == []
    assert soaked(threads=18, descriptors=23).complaints == [], "threads of the engine may start late"


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        (soaked(threads=19), "5 threads more than before are left: 19 instead of 14"),
        (soaked(descriptors=25), "1 descriptors more than before are left: 25 instead of 24"),
        (soaked(held_bytes=[100_000_000 + n * 400_000 for n in range(60)]), "memory grew by 12.0 MB from the second"),
    ],
)
def test_what_is_left_or_grows_is_named(seen: Soaked, says: str) -> None:
    (complaint,) = seen.complaints
    assert complaint.startswith(says)


def test_a_wrong_answer_is_enough() -> None:
    seen = soaked()
    seen.failures += ["HTTP client: Internal: 3 rows were answered with something else than their sums"] * 9
    assert len(seen.complaints) == 3


def test_memory_that_is_taken_at_first_or_for_a_moment_is_no_growth() -> None:
    at_first = [50, 60, 70, 80, *[100] * 12]
    assert growth_bytes(at_first) == 0
    for_a_moment = [100] * 16
    for_a_moment[14] = 900
    assert growth_bytes(for_a_moment) == 0
    assert growth_bytes([100]) == 0
    assert growth_bytes(range(0, 1600, 100)) == 800
