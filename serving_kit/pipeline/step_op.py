"""The ops that steps become: one asks a model, one calls a function."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from serving_kit.errors import BadInput
from serving_kit.pipeline.codes import WrongType
from serving_kit.pipeline.given import Given
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.text import array_of
from serving_kit.types import ElementType, TensorSpec

Heard = Mapping[str, Mapping[str, Any]]


class ModelOp(Op):
    """Feeds a model with values by its inputs' aliases, and gives its outputs by theirs, unless they are renamed.

    Where the model is known, text becomes arrays and arrays are of its types. A list of arrays is asked one by one and
    gives lists of outputs. A batch of no rows is not asked: its outputs have no rows either.
    """

    is_step = True

    def __init__(
        self,
        name: str,
        input_ops: Sequence[Op],
        *,
        feed: Mapping[str, str],
        fetch: Mapping[str, str],
        inputs: Sequence[TensorSpec] = (),
        outputs: Sequence[TensorSpec] = (),
    ) -> None:
        super().__init__(name=name, input_ops=input_ops, fetch_list=list(fetch) or None)
        self._feed, self._fetch = feed, fetch
        self.inputs = {spec.alias: spec for spec in inputs}
        self.outputs = {spec.alias: spec for spec in outputs if not fetch or spec.alias in fetch}
        _check_aliases(name, "feed", feed, self.inputs)
        _check_aliases(name, "fetch", fetch, {spec.alias: spec for spec in outputs})

    def takes(self, heard: Heard) -> dict[str, Any]:
        """Return the value for each input; BadInput where one is not given."""
        given = Given(self.name, heard)
        feed = {}
        for alias in self.inputs or self._feed or given:
            source = self.source_of(alias)
            feed[alias] = given[source]
            if f"{source}.lod" in given:
                feed[f"{alias}.lod"] = given[f"{source}.lod"]
        return feed

    def gives(self) -> list[str] | None:
        """Return the names of what it gives; None where nobody knows before it answers."""
        return [self._fetch.get(alias, alias) for alias in self.outputs or self._fetch] or None

    def source_of(self, alias: str) -> str:
        """Return the name of the value that an input takes."""
        return self._feed.get(alias, alias)

    def preprocess(self, input_dicts: Heard, data_id: int = 0, log_id: int = 0) -> tuple[Any, bool, int | None, str]:
        """Make the feed, or one for each array of a list."""
        feed = {alias: self._value(alias, value) for alias, value in self.takes(input_dicts).items()}
        counts = {alias: len(value) for alias, value in feed.items() if _is_arrays(value)}
        if len(set(counts.values())) > 1:
            raise BadInput(f"step {self.name!r} is fed lists of different lengths: {counts}; give as many of each")
        if counts:
            count = next(iter(counts.values()))
            lists = (
                {alias: value[n] if alias in counts else value for alias, value in feed.items()} for n in range(count)
            )
            return list(lists), False, None, ""
        if self.inputs and self.outputs and all(map(self._is_empty, self.inputs, map(feed.get, self.inputs))):
            return {alias: _none_of(spec) for alias, spec in self.outputs.items()}, True, None, ""
        return feed, False, None, ""

    def postprocess(
        self, input_data: Heard, fetch_data: Any, data_id: int = 0, log_id: int = 0
    ) -> tuple[dict[str, Any], int | None, str]:
        """Give the outputs their names."""
        if isinstance(fetch_data, list):
            aliases = list(fetch_data[0]) if fetch_data else list(self.outputs or self._fetch)
            fetch_data = {alias: [outputs[alias] for outputs in fetch_data] for alias in aliases}
        return {self._renamed(alias): value for alias, value in fetch_data.items()}, None, ""

    def _value(self, alias: str, value: Any) -> Any:
        spec = self.inputs.get(alias)
        if _is_arrays(value):
            return [self._value(alias, one) for one in value]
        if spec is None or spec.element_type is ElementType.STRING:
            return value
        where = f"step {self.name!r}, {self.source_of(alias)}"
        if isinstance(value, str):
            return array_of(value, spec.element_type, where)
        try:
            return np.asarray(value).astype(spec.element_type.dtype, copy=False)
        except (ValueError, TypeError) as error:
            raise BadInput(f"{where} cannot become {spec.element_type.name}: {error}") from None

    def _is_empty(self, alias: str, value: Any) -> bool:
        return self.inputs[alias].shape[:1] == (-1,) and isinstance(value, np.ndarray) and value.shape[:1] == (0,)

    def _renamed(self, alias: str) -> str:
        base = alias.removesuffix(".lod")
        return self._fetch.get(base, base) + alias[len(base) :]


class CallOp(Op):
    """Calls a function, which returns a dict of values by name.

    Its parameters are filled by name, each with a value or with all that a step gave; one with a default may stay away,
    and `**rest` takes whatever else there is.
    """

    is_step = True

    def __init__(
        self, name: str, input_ops: Sequence[Op], function: Callable[..., Any], feed: Mapping[str, str]
    ) -> None:
        super().__init__(name=name, input_ops=input_ops)
        self._function, self._feed = function, feed
        parameters = _parameters(name, function)
        self._named = [one for one in parameters if one.kind is not one.VAR_KEYWORD]
        self._takes_rest = len(self._named) < len(parameters)
        unknown = [] if self._takes_rest else [one for one in feed if one not in {named.name for named in self._named}]
        if unknown:
            known = ", ".join(one.name for one in self._named)
            raise BadInput(f"step {name!r}: feed names {unknown[0]!r}, but the function's parameters are {known}")

    def takes(self, heard: Heard) -> dict[str, Any]:
        """Return the function's arguments; BadInput where one is not given."""
        given = Given(self.name, heard)
        arguments = {}
        for one in self._named:
            source = self._feed.get(one.name, one.name)
            if one.default is one.empty or source in given:
                arguments[one.name] = given[source]
        if self._takes_rest:
            rest = {name: self._feed.get(name, name) for name in (*given, *self._feed)}
            arguments |= {name: given[source] for name, source in rest.items() if name not in arguments}
        return arguments

    def preprocess(self, input_dicts: Heard, data_id: int = 0, log_id: int = 0) -> Any:
        """Call the function, which is all that the op does."""
        return self._answered(self._function(**self.takes(input_dicts)))

    def _answered(self, values: Any) -> tuple[dict[str, Any], bool, int | None, str]:
        if not isinstance(values, dict):
            given = type(values).__name__
            raise WrongType(f"step {self.name!r} must return a dict of values by name, not {given}")
        return values, True, None, ""


class AsyncCallOp(CallOp):
    """Calls a coroutine function on the event loop."""

    async def preprocess(  # type: ignore[override] # hooks may be coroutines
        self, input_dicts: Heard, data_id: int = 0, log_id: int = 0
    ) -> Any:
        """Call the function and wait for it."""
        return self._answered(await self._function(**self.takes(input_dicts)))


def call_op(name: str, input_ops: Sequence[Op], function: Callable[..., Any], feed: Mapping[str, str]) -> CallOp:
    """Return the op that calls a function of either kind."""
    is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)
    return (AsyncCallOp if is_async else CallOp)(name, input_ops, function, feed)


def _parameters(name: str, function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (ValueError, TypeError):
        raise BadInput(f"step {name!r}: nobody knows the parameters of {function!r}; wrap it in a function") from None
    wrong = [one.name for one in parameters if one.kind is one.POSITIONAL_ONLY and one.default is one.empty]
    if wrong:
        raise BadInput(f"step {name!r}: parameter {wrong[0]!r} cannot be given by name; wrap the function in another")
    return [one for one in parameters if one.kind not in (one.POSITIONAL_ONLY, one.VAR_POSITIONAL)]


def _check_aliases(name: str, key: str, given: Mapping[str, str], known: Mapping[str, TensorSpec]) -> None:
    unknown = [alias for alias in given if known and alias not in known]
    if unknown:
        raise BadInput(f"step {name!r}: {key} names {unknown[0]!r}, but the model has {', '.join(known)}")


def _is_arrays(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, np.ndarray) for one in value)


def _none_of(spec: TensorSpec) -> Any:
    return np.zeros([0, *(max(size, 0) for size in spec.shape[1:])], spec.element_type.dtype)
