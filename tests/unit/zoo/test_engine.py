from pathlib import Path

import pytest

from serving_kit.errors import Unsupported
from zoo import engine
from zoo.engine import Row

AGREES = Row("house", "openvino", 1.9e-6, 0.0225)
REFUSED = Row("house", "onnxruntime", why_not="it differs from the golden answer by 0.5")


def test_the_table_is_read_as_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "TABLE", tmp_path / "ENGINES.md")
    engine.write([AGREES, REFUSED])
    assert engine.accepted() == [("house", "openvino")]
    text = engine.TABLE.read_text()
    assert "| house | openvino | yes | 1.9e-06 | 0.0225 |  |\n" in text
    assert "| house | onnxruntime | no |  |  | it differs from the golden answer by 0.5 |\n" in text


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("house cannot run on OpenVINO: it differs by 0.5; leave --engine out", "it differs by 0.5"),
        ("variable 'x' holds sequences (LoD); use --engine paddle", "variable 'x' holds sequences (LoD)"),
        ("house cannot run on OpenVINO: [a|b]", "[a/b]"),
    ],
)
def test_a_reason_is_short_and_fits_a_cell(error: str, reason: str) -> None:
    assert engine._reason(Unsupported(error)) == reason
