"""Which engines compute the zoo's models as Paddle does, and how fast: the table `zoo/ENGINES.md`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import zoo
from serving_kit.bench.number import short
from serving_kit.errors import ServingKitError
from serving_kit.runtime import backend, golden, onnx_export
from serving_kit.runtime.load import load
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineName, EngineOptions
from serving_kit.tune.timing import measure

ENGINES: tuple[EngineName, ...] = ("paddle", "openvino", "onnxruntime")
TABLE = Path(__file__).parent / "ENGINES.md"

_DURATION_S = 0.1
_ROUNDS = 3
_ACCEPTED = "yes"
_HEAD = """# Engines

What each engine makes of each model's golden example: the largest absolute difference to the expected answer, on the
example and on other sizes of it, and the time of a call at one thread. The machine had other work too, so that times
within a factor of two of each other say nothing; `python -m serving_kit.tune` measures with more care. An engine that
differs by more than the model's tolerance is refused, with the reason. Paddle is with oneDNN where that answers right;
for the models that are served as ONNX, ONNX Runtime stands in Paddle's place.

Made by `python -m zoo engines`; do not edit.

| Model | Engine | Agrees | Difference | ms a call | Why not |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    """One engine on one model; `difference` and `call_ms` are None where it is refused, and `why_not` is empty else."""

    model: str
    engine: EngineName
    difference: float | None = None
    call_ms: float | None = None
    why_not: str = ""

    def __str__(self) -> str:
        if self.difference is None or self.call_ms is None:
            cells = (self.model, self.engine, "no", "", "", self.why_not)
        else:
            cells = (self.model, self.engine, _ACCEPTED, f"{self.difference:.1e}", short(self.call_ms), "")
        return f"| {' | '.join(cells)} |"


def rows(names: Iterable[str]) -> Iterator[Row]:
    """Fetch, convert, try and time models; a model that cannot be fetched or converted raises."""
    for name in names:
        model = model_of(name)
        for engine in ENGINES:
            if engine != "paddle" or backend.engine_of(model.program, EngineOptions()) == "paddle":
                yield _row(name, model, engine)


def write(made: Iterable[Row]) -> None:
    """Write the table."""
    TABLE.write_text(_HEAD + "".join(f"{row}\n" for row in made), encoding="utf-8")


def accepted() -> list[tuple[str, EngineName]]:
    """Return the models and engines that agree, as the table has them."""
    cells = [[cell.strip() for cell in line.split("|")] for line in TABLE.read_text(encoding="utf-8").splitlines()]
    by_title: dict[str, EngineName] = {engine: engine for engine in ENGINES}
    return [(row[1], by_title[row[2]]) for row in cells if len(row) > 4 and row[3] == _ACCEPTED]


def model_of(name: str) -> ModelDir:
    """Return a model's directory, fetched and converted at the first call only."""
    card = zoo.load(name)
    return ModelDir.open(zoo.convert(card, zoo.fetch(card)))


def export(names: Iterable[str]) -> None:
    """Write the ONNX files of models whose engines agree into the cache; belongs into a process of its own."""
    for name in names:
        model = model_of(name)
        for engine in (engine for accepted_name, engine in accepted() if accepted_name == name):
            target = backend.export_path(model.program, model.params, EngineOptions(engine=engine))
            if target and model.params:
                onnx_export.export(model.program, model.params, target)


def _row(name: str, model: ModelDir, engine: EngineName) -> Row:
    try:
        loaded = load(model, EngineOptions(engine=engine))
    except ServingKitError as error:
        return Row(name, engine, why_not=_reason(error))
    example = golden.read(model.server_dir)
    if example is None:
        return Row(name, engine, why_not="the model has no golden example")
    call_ms = min(measure([loaded.engine], example[0], _DURATION_S).run_ms for _ in range(_ROUNDS))
    apart = loaded.verdict.max_abs_difference
    if apart is None:  # nothing was compared in the trial, because there was nothing to decide
        apart = golden.difference(loaded.engine.run(example[0]), example[1])
    return Row(name, engine, apart, call_ms)


def _reason(error: ServingKitError) -> str:
    """Return why an engine is refused, without what the table's row says already and without the remedy."""
    text = str(error).partition(";")[0]
    _, named, reason = text.partition(" cannot run on ")
    return (reason.partition(": ")[2] if named else text).replace("|", "/")
