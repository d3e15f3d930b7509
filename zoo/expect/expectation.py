"""What a card may expect of an answer, by task: the base of all expectations and their registry."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from serving_kit.errors import BadInput


class BadAnswer(AssertionError):
    """The model answered something else than its card expects."""


class Expectation(BaseModel):
    """Base of what cards may expect; `check` returns the evidence or raises BadAnswer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def check(self, answer: Any) -> str:
        """Return in words how the answer fits."""
        raise NotImplementedError


_BY_TASK: dict[str, type[Expectation]] = {}
_Class = TypeVar("_Class", bound=type[Expectation])


def of(*tasks: str) -> Callable[[_Class], _Class]:
    """Register a class as what these tasks' cards expect; a task that has one already is a ValueError."""

    def register(expectation: _Class) -> _Class:
        taken = sorted(set(tasks) & _BY_TASK.keys())
        if taken:
            raise ValueError(f"{taken} have an expectation already")
        _BY_TASK.update(dict.fromkeys(tasks, expectation))
        return expectation

    return register


def read(task: str, values: Mapping[str, Any]) -> Expectation:
    """Return the `expect` of a card as its task compares it; BadInput names the field."""
    if task not in _BY_TASK:
        raise BadInput(f"no answer of task {task!r} can be expected; leave example.expect out")
    try:
        return _BY_TASK[task].model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(["example.expect", *map(str, first["loc"])])
        raise BadInput(f"field {field}: {first['msg']}") from None
