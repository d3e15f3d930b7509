"""A pipeline without a class: its file lists steps, each of which asks a model or calls a function (`step_file`)."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from serving_kit.errors import BadInput, ServingKitError
from serving_kit.pipeline.config import SHADOW, OpSettings, PipelineConfig, Serving, Source
from serving_kit.pipeline.document import checked, parsed
from serving_kit.pipeline.ends import ResponseOp
from serving_kit.pipeline.function import Functions
from serving_kit.pipeline.given import REQUEST
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.step_ends import StepResponse, TypedRequest
from serving_kit.pipeline.step_file import CallStep, ModelStep, StepFile, step_of, tensor_spec
from serving_kit.pipeline.step_op import CallOp, ModelOp, call_op
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.types import TensorSpec

PORT = 9393
"""Where a pipeline is served whose file names no port, gRPC and HTTP alike; that of Paddle Serving's servers."""
_Specs = tuple[TensorSpec, ...]


@dataclass(frozen=True)
class StepPipeline:
    """What a file of steps makes: the arguments of a `Pipeline`, and what a request holds and an answer has.

    `inputs` and `outputs` are what the file declares, else what its models tell; empty where nobody knows.
    """

    name: str
    response: ResponseOp
    config: PipelineConfig
    inputs: _Specs
    outputs: _Specs


def read_pipeline(path: str | Path) -> StepPipeline:
    """Read a file of steps, its models' descriptions and its functions; no model is loaded yet.

    Paths in it are seen from its folder. BadInput, or what opening a model raised, names the file, the step and what is
    wrong.
    """
    path = Path(path)
    file = checked(StepFile, parsed(path), str(path))
    reading = _Reading(path, file)
    for number, document in enumerate(file.steps, 1):
        reading.add(number, document)
    last = reading.last()
    ports = {} if file.rpc_port or file.http_port else {"rpc_port": PORT, "http_port": PORT}
    served = {name: getattr(file, name) for name in Serving.model_fields}
    return StepPipeline(
        name=file.name or path.stem,
        response=StepResponse(input_ops=[last]),
        config=PipelineConfig(**served | ports, op=reading.settings),
        inputs=reading.declared or _requested(reading.ops),
        outputs=_specs(file.outputs) or _answered(last),
    )


class _Reading:
    """The steps of a file that were read so far."""

    def __init__(self, path: Path, file: StepFile) -> None:
        self.declared = _specs(file.inputs)
        self.ops: dict[str, ModelOp | CallOp] = {}
        self.settings: dict[str, OpSettings] = {}
        self._path = path
        self._folder = path.resolve().parent
        self._functions = Functions(self._folder)
        self._request = TypedRequest(self.declared)
        self._heard: set[str] = set()

    def add(self, number: int, document: dict[str, Any]) -> None:
        """Read one more step."""
        step = step_of(document, f"{self._path}, step {number}")
        name = step.name or step.default_name
        where = f"{self._path}, step {name}"
        if name in self.ops or name == REQUEST:
            raise BadInput(f"{where}: {name!r} is a name that is taken; give step {number} another with `name`")
        inputs = step.inputs or (list(self.ops)[-1:] or [REQUEST])
        self._check(inputs, where)
        before: list[Op] = [self._request if one == REQUEST else self.ops[one] for one in inputs]
        settings = step.settings(self._folder)
        try:
            op = self._op(step, name, before, settings)
            known = {one: self._known(one) for one in inputs}
            if None not in known.values():
                op.takes({one: dict.fromkeys(names or ()) for one, names in known.items()})
        except ServingKitError as error:
            raise type(error)(f"{where}: {str(error).removeprefix(f'step {name!r}').lstrip(': ')}") from error
        self.ops[name], self.settings[name] = op, settings
        self._heard.update(inputs)

    def last(self) -> Op:
        """Return the last step; BadInput where another gives what nobody takes."""
        *others, last = self.ops
        unheard = [name for name in others if name not in self._heard]
        if unheard:
            raise BadInput(f"{self._path}, step {unheard[0]}: no step hears it; name it in the `inputs` of a later one")
        return self.ops[last]

    def _check(self, inputs: Sequence[str], where: str) -> None:
        known = [REQUEST, *self.ops]
        for name in inputs:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"before it stand {', '.join(known)}"
                raise BadInput(f"{where}: inputs names {name!r}, which is no step before it; {hint}")

    def _op(
        self, step: ModelStep | CallStep, name: str, before: Sequence[Op], settings: OpSettings
    ) -> ModelOp | CallOp:
        if isinstance(step, CallStep):
            return call_op(name, before, self._functions.find(step.call), step.feed)
        inputs, outputs = _described(settings)
        return ModelOp(name, before, feed=step.feed, fetch=step.fetch, inputs=inputs, outputs=outputs)

    def _known(self, name: str) -> Sequence[str] | None:
        """Return the names of what a step gives, or the request holds; None where nobody knows."""
        if name == REQUEST:
            return [spec.alias for spec in self.declared] or None
        op = self.ops[name]
        return op.gives() if isinstance(op, ModelOp) else None


def _described(settings: OpSettings) -> tuple[_Specs, _Specs]:
    """Return what a model in this process takes and gives, and so do its variants; nothing of one behind servers."""
    sources: dict[str, Source] = {**settings.variants} or {"model": settings}
    if settings.shadow:
        sources[SHADOW] = settings.shadow
    models = {name: ModelDir.open(source.local.model_directory) for name, source in sources.items() if source.local}
    if not models:
        return (), ()
    (first, model), *others = models.items()
    for name, other in others:
        if _aliases(other) != _aliases(model):
            raise BadInput(f"{name} takes or gives other names than {first}: {_aliases(other)}, not {_aliases(model)}")
    return model.inputs, model.outputs


def _aliases(model: ModelDir) -> list[list[str]]:
    return [sorted(spec.alias for spec in specs) for specs in (model.inputs, model.outputs)]


def _specs(types: Mapping[str, str]) -> _Specs:
    return tuple(tensor_spec(name, text) for name, text in types.items())


def _requested(ops: Mapping[str, ModelOp | CallOp]) -> _Specs:
    """Return what the models take that hear the request alone; nothing where something else hears it too."""
    first = [op for op in ops.values() if any(isinstance(one, TypedRequest) for one in op.get_input_ops())]
    specs: dict[str, TensorSpec] = {}
    for op in first:
        if isinstance(op, CallOp) or len(op.get_input_ops()) > 1 or not op.inputs:
            return ()
        for alias, spec in op.inputs.items():
            name = op.source_of(alias).removeprefix(f"{REQUEST}.")
            specs.setdefault(name, replace(spec, name=name, alias=name))
    return tuple(specs.values())


def _answered(last: Op) -> _Specs:
    if not isinstance(last, ModelOp) or not last.outputs:
        return ()
    named = zip(last.gives() or (), last.outputs.values(), strict=True)
    return tuple(replace(spec, name=name, alias=name) for name, spec in named)
