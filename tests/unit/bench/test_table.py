import pytest

from serving_kit.bench import table
from serving_kit.bench.number import short
from tests.unit.bench.rows import made_up


def test_the_table_is_markdown_with_one_line_a_run_and_the_machine_below() -> None:
    text = table([made_up("lac", p50_ms=12345.6), made_up("lac"), made_up("uci-housing", concurrency=8, errors=2)])
    head, rule, lac, uci, empty, machine = text.splitlines()
    assert head.count("|") == rule.count("|") == lac.count("|") == 10
    assert lac == "| lac | registry | paddle+onednn | 4 | 1.5 | 2.25 | 4 | 1,234 | 0 |"
    assert uci.startswith("| uci-housing · c=8 |")
    assert uci.endswith("| **2** of 200 |")
    assert (empty, machine) == ("", "Measured on Test CPU, 2 cores.")


@pytest.mark.parametrize(("value", "text"), [(0.01234, "0.0123"), (1.5, "1.5"), (99.94, "99.9"), (8450.2, "8,450")])
def test_numbers_keep_three_digits_and_no_exponent(value: float, text: str) -> None:
    assert short(value) == text
