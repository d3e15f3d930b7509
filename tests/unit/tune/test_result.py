from pathlib import Path

import pytest

from serving_kit.errors import ModelFileError
from serving_kit.tune import Candidate, Machine, Refusal, Result, plot, table
from tests.unit.tune.candidates import measured, result

FASTER = measured(4, 480, engine="openvino", precision="bf16", instances=2, batch=8)


def test_a_result_comes_back_from_its_file(tmp_path: Path) -> None:
    written = result(measured(10, 100), FASTER, throughput=FASTER)
    written.write(tmp_path / "new" / "tune.json")
    assert Result.read(tmp_path / "new" / "tune.json") == written
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["tune.json"]


def test_what_is_not_understood_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tune.json"
    path.write_text(result(measured(10, 100)).model_dump_json().replace('"cores"', '"kernels"'))
    with pytest.raises(ModelFileError, match=r"tune\.json: field machine\.cores: Field required; remove the file or"):
        Result.read(path)


def test_a_result_fits_its_files_machine_and_versions_only() -> None:
    known = result(measured(10, 100))
    assert known.fits(known.files, known.machine, known.versions)
    assert not known.fits("e" * 64, known.machine, known.versions)
    assert not known.fits(known.files, known.machine.model_copy(update={"cores": 4}), known.versions)
    assert not known.fits(known.files, known.machine, {"paddle": "3.3.0"})
    assert known.fits(known.files, known.machine, known.versions | {"openvino": "2026.4"}), "it was not among them"


def test_a_machine_may_lend_some_of_its_cores() -> None:
    assert Machine.here(1).cores == 1 <= Machine.here().cores


def test_a_candidate_says_what_it_is() -> None:
    assert Candidate(engine="paddle", threads=2).title == "paddle, 1 x 2 threads, batch 1"
    assert FASTER.candidate.title == "openvino bf16, 2 x 1 thread, batch 8"


def test_the_table_has_the_fastest_first_and_says_why_others_are_missing() -> None:
    refusal = Refusal(engine="onnxruntime", precision="fp32", reason="it differs by 0.5")
    shown = table(result(measured(10, 100), FASTER, throughput=FASTER, refusals=(refusal,)))
    assert [" ".join(line.split()) for line in shown.splitlines()[2:]] == [
        "openvino bf16, 2 x 1 thread, batch 8 4.000 480.0 throughput",
        "paddle, 1 x 1 thread, batch 1 10.000 100.0 latency",
        "onnxruntime fp32: it differs by 0.5",
    ]


def test_the_picture_names_the_winners_and_every_engine() -> None:
    (axes,) = plot(result(measured(10, 100), FASTER, throughput=FASTER)).axes
    assert {text.get_text().partition(":")[0] for text in axes.texts} == {"latency", "throughput"}
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["paddle", "openvino bf16"]
