"""What a step hears from the steps before it, found by the names of values."""

from collections.abc import Iterator, Mapping
from typing import Any

from serving_kit.errors import BadInput
from serving_kit.pipeline.graph import ENTRY

REQUEST = "request"
"""What steps call the request."""


class Given:
    """The values of a step's inputs.

    A name is that of a value, of a step for all that it gave, or both as `step.value`, which tells apart what several
    steps give under one name.
    """

    def __init__(self, step: str, heard: Mapping[str, Mapping[str, Any]]) -> None:
        self._step = step
        self._heard = {REQUEST if name == ENTRY else name: values for name, values in heard.items()}

    def __iter__(self) -> Iterator[str]:
        """Return the names of all values."""
        return iter(dict.fromkeys(name for values in self._heard.values() for name in values))

    def __contains__(self, name: str) -> bool:
        return bool(self._found(name))

    def __getitem__(self, name: str) -> Any:
        found = self._found(name)
        if len(found) == 1:
            return next(iter(found.values()))
        if found:
            both, first = " and ".join(found), next(iter(found))
            raise BadInput(
                f"step {self._step!r} takes {name!r}, which {both} give; say which in its feed: {first}.{name}"
            )
        gives = "; ".join(f"{step} gives {', '.join(values) or 'nothing'}" for step, values in self._heard.items())
        raise BadInput(f"step {self._step!r} takes {name!r}, which nothing before it gives: {gives}")

    def _found(self, name: str) -> dict[str, Any]:
        """Return what the name may mean, by the step that gave it."""
        found = {step: values[name] for step, values in self._heard.items() if name in values}
        if found:
            return found
        if name in self._heard:
            return {name: dict(self._heard[name])}
        steps = [step for step in self._heard if name.startswith(f"{step}.")]
        inside = {step: name.removeprefix(f"{step}.") for step in steps}
        return {step: self._heard[step][inner] for step, inner in inside.items() if inner in self._heard[step]}
