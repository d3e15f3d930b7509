"""The registry of tasks: what stands between a user's sample and a model's tensors, chosen by a model's `spec.json`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from serving_kit.errors import BadInput, ModelFileError, NotFound
from serving_kit.spec import Spec
from serving_kit.types import Array

Numbers: TypeAlias = NDArray[Any]  # an output of whatever dtype the model gives


class Parameters(BaseModel):
    """Base of a task's parameters: `preprocess` and `postprocess` of `spec.json`. Unknown ones are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sample as the model wants it.

    `feeds` are arrays by the model's alias, with row offsets under `<alias>.lod` where sequences are packed together;
    `context` is what the same task's `postprocess` needs to know of the sample.
    """

    feeds: dict[str, Array]
    context: Any = None


class Task(Protocol):
    """Turns one sample into feeds, and the model's answer, by alias, into values people read."""

    def preprocess(self, sample: Any) -> Prepared:
        """Return the feeds of one sample; BadInput says what a sample must be."""

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> Any:
        """Return the answer to the sample that was prepared; BadInput names an output that does not fit."""


@dataclass(frozen=True)
class Source:
    """What a task is built from: the model's `spec.json` and the folder that holds it and its vocabularies."""

    spec: Spec
    folder: Path | None = None

    def lines(self, filename: str) -> list[str]:
        """Return the lines of a text file of the model directory, without their ends; spaces are kept."""
        if self.folder is None:
            raise BadInput(f"model {self.spec.name!r} needs {filename!r}: load the task from its model directory")
        path = self.folder / filename
        if Path(filename).name != filename:
            raise ModelFileError(f"{filename!r} is not a file of {self.folder}: name a file beside spec.json")
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise ModelFileError(f"cannot read {path} as UTF-8 text ({error}); convert the model again") from None
        return text.removesuffix("\n").split("\n")

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The lines of the file that `labels` of spec.json names; none where it names none."""
        return tuple(self.lines(self.spec.labels)) if self.spec.labels else ()

    @property
    def feed(self) -> str:
        """The alias of the model's first input."""
        if not self.spec.inputs:
            raise BadInput(f"spec.json of {self.spec.name!r} lists no inputs; convert the model again")
        return self.spec.inputs[0].alias

    def output(self, outputs: Mapping[str, Array], rank: int) -> Numbers:
        """Return the model's first output, whose number of dimensions must be `rank`."""
        alias = self.spec.outputs[0].alias if self.spec.outputs else next(iter(outputs), "")
        if alias not in outputs:
            raise BadInput(f"the answer lacks output {alias!r}; it holds {sorted(outputs)}")
        array = outputs[alias]
        if array.ndim != rank:
            raise BadInput(f"output {alias!r} has shape {list(array.shape)}; this task reads {rank} dimensions")
        return array


class _Entry(NamedTuple):
    build: Callable[[Any, Any, Source], Task]
    before: type[Parameters]
    after: type[Parameters]


_TASKS: dict[str, _Entry] = {}
_Class = TypeVar("_Class", bound=Callable[[Any, Any, Source], Task])


def task(name: str, before: type[Parameters], after: type[Parameters]) -> Callable[[_Class], _Class]:
    """Register a class built as `Class(before, after, source)` under a task's name; a name taken is a ValueError."""

    def register(build: _Class) -> _Class:
        if name in _TASKS:
            raise ValueError(f"task {name!r} is registered twice")
        _TASKS[name] = _Entry(build, before, after)
        return build

    return register


def names() -> list[str]:
    """Return the names of all tasks."""
    return sorted(_TASKS)


def check(name: str, preprocess: Mapping[str, Any], postprocess: Mapping[str, Any]) -> tuple[Parameters, Parameters]:
    """Return a task's parameters as it reads them; NotFound names the nearest task, BadInput the field."""
    entry = _entry(name)
    return _read(entry.before, "preprocess", preprocess), _read(entry.after, "postprocess", postprocess)


def describe(name: str) -> str:
    """Return a task's parameters, one a line with its default and its meaning; NotFound names the nearest task."""
    entry = _entry(name)
    lines = []
    for section, model in (("preprocess", entry.before), ("postprocess", entry.after)):
        lines.append(f"{section}: {(model.__doc__ or '').split(chr(10))[0]}")
        for field, info in model.model_fields.items():
            lines.append(f"  {field} = {info.default!r}  {info.description or ''}".rstrip())
    return "\n".join(lines)


def _entry(name: str) -> _Entry:
    if name not in _TASKS:
        near = get_close_matches(name, _TASKS, n=1)
        hint = f"did you mean {near[0]!r}" if near else f"use one of {names()}"
        raise NotFound(f"no task {name!r}; {hint}")
    return _TASKS[name]


def _read(model: type[Parameters], section: str, values: Mapping[str, Any]) -> Parameters:
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join([section, *map(str, first["loc"])])
        known = sorted(model.model_fields) or "none"
        raise BadInput(f"field {field}: {first['msg']}; parameters of {section}: {known}") from None


def load(source: str | Path | Spec) -> Task:
    """Return the task of a model directory (or of its `serving_server/`), or of a spec that needs no files."""
    found = Source(source) if isinstance(source, Spec) else _open(Path(source))
    if found.spec.task is None:
        raise BadInput(f"spec.json of {found.spec.name!r} names no task; use one of {names()}")
    before, after = check(found.spec.task, found.spec.preprocess, found.spec.postprocess)
    return _TASKS[found.spec.task].build(before, after, found)


def _open(path: Path) -> Source:
    for folder in (path / "serving_server", path):
        spec = Spec.read(folder)
        if spec is not None:
            return Source(spec, folder)
    raise ModelFileError(f"no spec.json in {path} or {path / 'serving_server'}: give a converted model's directory")


def ask(task: Task, predict: Callable[[dict[str, Array]], Mapping[str, Array]], sample: Any) -> Any:
    """Prepare a sample, have `predict` (a client's, or an engine's) answer it, and read the answer.

    A task whose model has to answer more than once for a sample has an `ask(predict, sample)` of its own.
    """
    if hasattr(task, "ask"):
        return task.ask(predict, sample)
    prepared = task.preprocess(sample)
    return task.postprocess(predict(prepared.feeds), prepared)
