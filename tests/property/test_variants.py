"""Requests are divided by weight, whatever the weights, and those with a number always in the same way."""

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from serving_kit.pipeline.variants import Variants

weights = st.dictionaries(st.text(min_size=1, max_size=4), st.floats(0, 1000), min_size=1, max_size=5).filter(
    lambda drawn: max(drawn.values()) > 1e-3
)


def divided(shares: dict[str, float], name: str) -> Variants:
    nobody: dict[str, Any] = dict.fromkeys(shares)
    return Variants(nobody, shares, name=name)


@settings(max_examples=60, deadline=None)
@given(shares=weights, name=st.text(max_size=4), first=st.integers(1, 2**62), is_numbered=st.booleans())
def test_each_variant_gets_its_share(shares: dict[str, float], name: str, first: int, is_numbered: bool) -> None:
    asked, count = divided(shares, name), 1500
    got = Counter(asked.variant_of(first + n if is_numbered else 0) for n in range(count))
    for variant, weight in shares.items():
        share = weight / sum(shares.values())
        spread = (share * (1 - share) / count) ** 0.5
        assert abs(got[variant] / count - share) <= 6 * spread + 6 / count  # beyond it once in 500 million draws


@settings(max_examples=60, deadline=None)
@given(shares=weights, name=st.text(max_size=4), log_ids=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=50))
def test_a_number_is_always_divided_in_the_same_way(shares: dict[str, float], name: str, log_ids: list[int]) -> None:
    one = divided(shares, name)
    other = divided(dict(sorted(shares.items(), reverse=True)), name)
    factor = divided({variant: 4 * weight for variant, weight in shares.items()}, name)
    for log_id in filter(None, log_ids):
        assert one.variant_of(log_id) == other.variant_of(log_id) == factor.variant_of(log_id)


@settings(max_examples=60, deadline=None)
@given(shares=weights, grown=st.floats(1, 100), data=st.data())
def test_only_the_variant_that_grows_gets_new_requests(
    shares: dict[str, float], grown: float, data: st.DataObject
) -> None:
    growing = data.draw(st.sampled_from(sorted(shares)))
    asked = divided(shares, "op")
    before = {n: asked.variant_of(n) for n in range(1, 300)}
    asked.set_weights({growing: shares[growing] * grown})
    for n, variant in before.items():
        assert asked.variant_of(n) in (variant, growing)
