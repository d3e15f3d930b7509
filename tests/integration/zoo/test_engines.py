"""Every engine gives the golden answer of every model that the table says it does."""

import subprocess
import sys
from pathlib import Path

import pytest

import zoo
from serving_kit.runtime import backend, golden
from serving_kit.runtime.options import EngineOptions
from serving_kit.spec import Golden
from zoo.engine import ENGINES, TABLE, accepted, model_of

pytestmark = pytest.mark.integration

_EXPORT = "import sys; from zoo.engine import export; export(sys.argv[1:])"


@pytest.fixture(scope="module", autouse=True)
def _exported() -> None:
    """Make the ONNX files that the cache lacks, in a process of its own: paddle2onnx aborts where it fails."""
    root = Path(zoo.__file__).parents[1]
    names = sorted({name for name, engine in accepted() if engine != "paddle"})
    subprocess.run([sys.executable, "-c", _EXPORT, *names], cwd=root, check=True, capture_output=True)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("engine", [engine for engine in ENGINES if engine != "paddle"])
def test_an_engine_gives_the_golden_answers(engine: str) -> None:
    wrong = {}
    for name in [name for name, accepted_engine in accepted() if accepted_engine == engine]:
        model = model_of(name)
        options = EngineOptions(engine=engine)  # type: ignore[arg-type]
        loaded = backend.load(model.program, model.params, options, model.inputs, model.outputs)
        example = golden.read(model.server_dir)
        assert example, name
        answer = loaded.run(example[0])
        tolerance = (model.spec.golden if model.spec else None) or Golden(made_by="")
        if not golden.agrees(answer, example[1], atol=tolerance.atol, rtol=tolerance.rtol):
            wrong[name] = golden.difference(answer, example[1])
    assert not wrong


def test_the_table_has_every_model() -> None:
    listed = {line.split("|")[1].strip() for line in TABLE.read_text(encoding="utf-8").splitlines() if "|" in line}
    assert set(zoo.names()) <= listed
