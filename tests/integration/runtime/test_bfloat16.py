from pathlib import Path

import pytest

from serving_kit.errors import Unsupported
from serving_kit.runtime.framework import cpu_flags
from serving_kit.runtime.load import load
from serving_kit.runtime.options import EngineOptions
from tests.unit.tiny_models import pir_conv, with_prototxt

pytestmark = pytest.mark.integration


def test_bfloat16_moves_the_answer_a_little_and_says_so_or_is_refused(tmp_path: Path, own_cache: Path) -> None:
    folder = with_prototxt(pir_conv(tmp_path / "conv"))
    asked = EngineOptions(precision="bf16")
    if not {"avx512f", "avx512bw", "avx512vl", "avx512dq"} <= cpu_flags():
        with pytest.raises(Unsupported, match="this one lacks avx512"):
            load(folder, asked)
        return
    loaded = load(folder, asked)
    assert loaded.metadata()["engine_reason"].startswith("oneDNN in bfloat16 agrees with the answer without it within ")
    assert loaded.verdict.max_abs_difference
    assert 1e-4 < loaded.verdict.max_abs_difference < 0.1
