"""A model as the service knows it: what it takes and gives, and the check of every tensor before an engine sees it."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Self

import numpy as np

from serving_kit.batching.executor import Executor
from serving_kit.codecs.bfloat16 import from_bits, to_bits
from serving_kit.codecs.finite import all_finite
from serving_kit.errors import BadInput
from serving_kit.metrics.statistics import Statistics
from serving_kit.runtime.load import LoadedModel
from serving_kit.types import Array, ElementType, NamedTensor, Tensor, TensorSpec


class ServedModel:
    """What takes and gives tensors, and the executor that runs it; `name` is what clients ask for."""

    def __init__(
        self,
        name: str,
        inputs: tuple[TensorSpec, ...],
        outputs: tuple[TensorSpec, ...],
        executor: Executor,
        metadata: Mapping[str, object],
        *,
        statistics: Statistics | None = None,
    ) -> None:
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.executor = executor
        self.statistics = statistics or Statistics()
        self.metadata = metadata
        self._inputs_by_key = _by_key(self.inputs)
        self._outputs_by_key = {spec.name: spec for spec in self.outputs} | {spec.alias: spec for spec in self.outputs}

    @classmethod
    def of(
        cls,
        loaded: LoadedModel,
        executor: Executor,
        name: str | None = None,
        *,
        threads: int = 1,
        statistics: Statistics | None = None,
    ) -> Self:
        """Return a loaded model, which runs on so many threads."""
        engine, metadata = loaded.engine, loaded.metadata() | {"threads": threads}
        return cls(name or loaded.model.name, engine.inputs, engine.outputs, executor, metadata, statistics=statistics)

    def feeds(self, tensors: Sequence[NamedTensor], *, may_lack_batch: bool = False) -> dict[str, Tensor]:
        """Match tensors to inputs and check them; BadInput names the input that is wrong.

        A tensor belongs to the input its name or its alias names; one without either belongs to the input at its
        position. The element type must be the input's; what widens without loss within integers or within floats is
        cast, FP64 is rounded to FP32, floats to the BF16 that a model takes, and strings become the bytes of a UINT8
        input, each ended by a zero byte. With `may_lack_batch` a tensor that has all axes but the batch axis is one
        instance, and axes of size 1 too many are dropped.
        """
        feeds: dict[str, Tensor] = {}
        for position, named in enumerate(tensors):
            spec = self._input_of(named, position)
            if spec.name in feeds:
                raise BadInput(f"input {spec.alias!r} of model {self.name!r} is given twice; give it once")
            tensor = named.tensor
            if may_lack_batch and tensor.array.ndim != len(spec.shape):
                tensor = _as_instance(tensor, spec)
            feeds[spec.name] = checked(tensor, spec)
        if len(feeds) < len(self.inputs):
            missing = [spec.alias for spec in self.inputs if spec.name not in feeds]
            raise BadInput(f"input {missing[0]!r} is missing; model {self.name!r} takes {_aliases(self.inputs)}")
        return feeds

    def feeds_from(self, outputs: Sequence[NamedTensor]) -> dict[str, Tensor]:
        """Match the outputs of the models before this one: by name, then alias, then position."""
        names = {key for spec in self.inputs for key in (spec.name, spec.alias)}
        matching = [named for named in outputs if named.name in names or named.alias in names]
        return self.feeds(matching or [NamedTensor("", named.tensor) for named in outputs])

    def gives(self, alias: str) -> bool:
        """Tell whether an output has this alias or real name."""
        return any(alias in (spec.name, spec.alias) for spec in self.outputs)

    def answers(self, specs: Sequence[TensorSpec], outputs: Mapping[str, Tensor]) -> tuple[NamedTensor, ...]:
        """Return the outputs that `fetches` found as an answer names them."""
        return tuple([self.answer(spec, outputs) for spec in specs])

    def answer(self, spec: TensorSpec, outputs: Mapping[str, Tensor]) -> NamedTensor:
        """Return one output as an answer names it."""
        tensor = outputs[spec.name]
        is_as_declared = tensor.array.dtype == spec.element_type.dtype
        return NamedTensor(spec.name, tensor, spec.alias, spec.element_type if is_as_declared else None)

    def fetches(self, aliases: Sequence[str]) -> tuple[TensorSpec, ...]:
        """Return the outputs asked for, by alias or real name, in that order; all of them where none is named."""
        found = []
        for alias in aliases:
            spec = self._outputs_by_key.get(alias)
            if spec is None:
                raise BadInput(f"output {alias!r} is unknown; model {self.name!r} gives {_aliases(self.outputs)}")
            found.append(spec)
        return tuple(found) or self.outputs

    def _input_of(self, named: NamedTensor, position: int) -> TensorSpec:
        spec = (named.name and self._inputs_by_key.get(named.name)) or (
            named.alias and self._inputs_by_key.get(named.alias)
        )
        if spec:
            return spec
        if not named.name and not named.alias and position < len(self.inputs):
            return self.inputs[position]
        shown = repr(named.name or named.alias) if named.name or named.alias else f"number {position}"
        raise BadInput(f"input {shown} is unknown; model {self.name!r} takes {_aliases(self.inputs)}")


def checked(tensor: Tensor, spec: TensorSpec) -> Tensor:
    """Return the tensor as the input takes it; BadInput names the input and what was expected."""
    if _is_as_declared(tensor, spec):
        return tensor
    where = f"input {spec.alias!r}"
    array = _cast(tensor.array, spec, where)
    if array.size == 0:
        raise BadInput(f"{where} is empty; send at least one row")
    _check_shape(array, spec, where)
    _check_lod(tensor.lod, len(array) if array.ndim else 0, spec, where)
    if spec.finite and array.dtype.kind == "f" and not all_finite(array):
        raise BadInput(f"{where} holds NaN or infinity; send finite numbers only")
    return Tensor(array, tensor.lod)


def _as_instance(tensor: Tensor, spec: TensorSpec) -> Tensor:
    """Give a tensor the axes that its sender took for granted, as far as the values themselves stay as they are.

    Paddle Serving's clients leave the batch axis of some tensors out; and its quick start asks a model of [-1, 13] with
    [1, 1, 13, 1], which the layers of that time flattened.
    """
    shape = tensor.array.shape
    if spec.is_lod or tensor.lod or spec.shape[:1] != (-1,):
        return tensor
    if len(shape) == len(spec.shape) - 1:
        return Tensor(tensor.array[np.newaxis])
    kept: list[int] = []
    for size in shape:
        wanted = spec.shape[len(kept)] if len(kept) < len(spec.shape) else None
        if wanted in (-1, size):
            kept.append(size)
        elif size != 1:
            return tensor
    return Tensor(tensor.array.reshape(kept)) if len(kept) == len(spec.shape) else tensor


def _is_as_declared(tensor: Tensor, spec: TensorSpec) -> bool:
    """Tell at little cost whether nothing is left to check; what it does not accept may still be right."""
    array = tensor.array
    if array.dtype != spec.element_type.dtype or array.ndim != len(spec.shape) or tensor.lod or spec.is_lod:
        return False
    for want, got in zip(spec.shape, array.shape, strict=True):
        if got != want and (want != -1 or got == 0):
            return False
    return not spec.finite or (array.dtype.kind == "f" and all_finite(array))


def _cast(array: Array, spec: TensorSpec, where: str) -> Array:
    wanted = spec.element_type.dtype
    if array.dtype == wanted:
        return array
    if array.dtype == object and spec.element_type is ElementType.UINT8:
        return np.frombuffer(b"".join(bytes(text) + b"\0" for text in array.ravel()), dtype=np.uint8)
    given = ElementType.BF16 if array.dtype == ElementType.BF16.dtype else ElementType.of(array.dtype)
    if given is ElementType.BF16:
        array = from_bits(array.view(np.uint16))
    elif spec.element_type is ElementType.BF16 and array.dtype.kind == "f":
        return to_bits(array.astype(np.float32))
    if array.dtype.kind in "iu" and wanted.kind in "iu" and np.can_cast(array.dtype, wanted):
        return array.astype(wanted)
    if array.dtype.kind == wanted.kind == "f" and wanted.itemsize >= 4:
        with np.errstate(over="ignore"):
            cast = array.astype(wanted)
        if not np.array_equal(np.isinf(cast), np.isinf(array)):
            raise BadInput(f"{where} holds a value too large for {spec.element_type.name}")
        return cast
    raise BadInput(f"{where} must be {spec.element_type.name}, got {given.name}")


def _check_shape(array: Array, spec: TensorSpec, where: str) -> None:
    fits = array.ndim == len(spec.shape) and all(
        want in (-1, got) for want, got in zip(spec.shape, array.shape, strict=True)
    )
    if not fits:
        raise BadInput(f"{where} must have shape {list(spec.shape)} (-1: any), got {list(array.shape)}")


def _check_lod(lod: tuple[int, ...], rows: int, spec: TensorSpec, where: str) -> None:
    if bool(lod) != spec.is_lod:
        needs = "needs a level of detail (lod): row offsets such as [0, 3, 8]" if spec.is_lod else "takes no lod"
        raise BadInput(f"{where} {needs}")
    if lod and (len(lod) < 2 or lod[0] != 0 or lod[-1] != rows or any(a > b for a, b in pairwise(lod))):
        raise BadInput(f"{where}: lod must rise from 0 to the number of rows, {rows}, got {str(list(lod))[:80]}")
    # Paddle's kernels for sequences write outside their memory on one without rows: it ended the whole server.
    empty = next((index for index, (a, b) in enumerate(pairwise(lod)) if a == b), None)
    if empty is not None:
        raise BadInput(f"{where}: sequence {empty} of lod is empty; give every sequence at least one row")


def _by_key(specs: Sequence[TensorSpec]) -> dict[str, TensorSpec]:
    """Return specs by name and by alias; a key that two of them have is the first one's."""
    return {key: spec for spec in reversed(specs) for key in (spec.alias, spec.name)}


def _aliases(specs: Sequence[TensorSpec]) -> str:
    return ", ".join(repr(spec.alias) for spec in specs)
