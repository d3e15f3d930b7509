"""A whole pipeline as one model of the Open Inference Protocol."""

import asyncio
from collections.abc import Mapping, Sequence

from serving_kit.batching.executor import NO_DEMAND, Demand, Outputs
from serving_kit.errors import BadInput
from serving_kit.pipeline.pipeline import Pipeline
from serving_kit.pipeline.values import tensors_of, values_of
from serving_kit.service.model import ServedModel
from serving_kit.types import ElementType, NamedTensor, Tensor, TensorSpec


class PipelineModel(ServedModel):
    """Takes tensors under the names that the first ops read, and gives what the last op does.

    Where `inputs` are declared they are checked as a model's are; where not, any tensor with a name is taken. Outputs
    that are not declared are known by their names only once there is an answer.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        inputs: Sequence[TensorSpec] = (),
        outputs: Sequence[TensorSpec] = (),
        *,
        name: str,
    ) -> None:
        metadata = {"name": name, "platform": "pipeline", "ops": [node.name for node in pipeline.graph.nodes]}
        super().__init__(name, tuple(inputs), tuple(outputs), _Executor(pipeline), metadata)

    def feeds(self, tensors: Sequence[NamedTensor], *, may_lack_batch: bool = False) -> dict[str, Tensor]:
        """Return tensors by name; BadInput where one has none."""
        if self.inputs:
            return super().feeds(tensors, may_lack_batch=may_lack_batch)
        feeds = {named.name or named.alias: named.tensor for named in tensors}
        if "" in feeds or len(feeds) < len(tensors):
            raise BadInput(f"every input of {self.name!r} needs a name of its own, which its first ops read")
        return feeds

    def fetches(self, aliases: Sequence[str]) -> tuple[TensorSpec, ...]:
        """Return the outputs asked for; none stands for all of them."""
        if self.outputs:
            return super().fetches(aliases)
        return tuple(TensorSpec(alias, alias, ElementType.STRING, ()) for alias in aliases)

    def answers(self, specs: Sequence[TensorSpec], outputs: Mapping[str, Tensor]) -> tuple[NamedTensor, ...]:
        """Return the outputs asked for as an answer names them; BadInput names one that the last op did not give."""
        names = [spec.name for spec in specs] or list(outputs)
        missing = [name for name in names if name not in outputs]
        if missing:
            raise BadInput(f"output {missing[0]!r} is unknown; {self.name!r} gave {', '.join(outputs)}")
        declared = {spec.name: spec for spec in self.outputs}
        return tuple(NamedTensor(name, _typed(outputs[name], declared.get(name)), name) for name in names)


def _typed(tensor: Tensor, spec: TensorSpec | None) -> Tensor:
    """Give a tensor without elements the type that is declared: an empty list has none of its own."""
    if spec is None or tensor.array.size:
        return tensor
    return Tensor(tensor.array.astype(spec.element_type.dtype), tensor.lod)


class _Executor:
    """Runs a request through the pipeline, in a task of its own."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def submit(self, feeds: Mapping[str, Tensor], demand: Demand = NO_DEMAND) -> asyncio.Future[Outputs]:
        """Begin to answer; see `Executor`."""
        self.check_room()
        return asyncio.ensure_future(self._answered(feeds, demand))

    def check_room(self) -> None:
        """Raise Overloaded where the pipeline has no room."""
        self._pipeline.check_room()

    def close(self) -> None:
        """The pipeline is stopped by whoever started it."""

    async def _answered(self, feeds: Mapping[str, Tensor], demand: Demand) -> Outputs:
        return tensors_of(await self._pipeline.run(values_of(feeds), deadline_at=demand.deadline_at))
