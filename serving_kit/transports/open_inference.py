"""What the Open Inference Protocol says of a server and its models, as plain documents, for REST and gRPC alike."""

from collections.abc import Sequence

from serving_kit import __version__
from serving_kit.batching.merge import can_merge
from serving_kit.codecs.open_inference import DATATYPES, MODEL_VERSION
from serving_kit.errors import BadInput, NotFound
from serving_kit.metrics.statistics import Duration
from serving_kit.service.model import ServedModel
from serving_kit.service.service import Service
from serving_kit.types import ElementType, InferRequest, InferResponse, NamedTensor, TensorSpec

Document = dict[str, object]

MAX_BATCH_SIZE = 1024
SERVER: Document = {
    "name": "serving-kit",
    "version": __version__,
    "extensions": ["binary_tensor_data", "model_configuration", "statistics", "model_repository"],
}


def find_model(service: Service, name: str, version: str | None = None) -> ServedModel:
    """Return the model of a name; NotFound where there is none, or none of that version."""
    if version and version != MODEL_VERSION:
        raise NotFound(f"model {name!r} has version {MODEL_VERSION} only, not {version[:40]!r}")
    return service.model(name)


def metadata(model: ServedModel) -> Document:
    """Describe a model; what the protocol has no field for stands under `parameters`."""
    own = ("name", "platform", "inputs", "outputs")
    return {
        "name": model.name,
        "versions": [MODEL_VERSION],
        "platform": str(model.metadata.get("platform", "")),
        "inputs": [_tensor_metadata(spec) for spec in model.inputs],
        "outputs": [_tensor_metadata(spec) for spec in model.outputs],
        "parameters": {key: value for key, value in model.metadata.items() if key not in own},
    }


def config(model: ServedModel) -> Document:
    """Describe a model as Triton's model configuration does: `dims` are without the batch axis where there is one.

    Batches have no limit here but the body's; MAX_BATCH_SIZE is said because perf_analyzer refuses to go over it.
    """
    is_batched = can_merge(model.inputs, model.outputs) and not any(spec.is_lod for spec in model.inputs)
    return {
        "name": model.name,
        "platform": str(model.metadata.get("platform", "")),
        "backend": "paddle",
        "max_batch_size": MAX_BATCH_SIZE if is_batched else 0,
        "input": [_tensor_config(spec, is_batched) for spec in model.inputs],
        "output": [_tensor_config(spec, is_batched) for spec in model.outputs],
    }


def statistics(models: Sequence[ServedModel]) -> Document:
    """Count what models have done since they were loaded; times are nanoseconds in all."""
    return {"model_stats": [_statistics(model) for model in models]}


def index(service: Service, *, ready_only: bool = False) -> list[Document]:
    """List the models of the repository with their states."""
    return [
        {"name": name, "version": MODEL_VERSION, "state": str(state), "reason": reason}
        for name, state, reason in service.repository.index()
        if not ready_only or state == "READY"
    ]


def refuse_override(parameter: str) -> None:
    """Refuse a configuration or a file that comes with a load: a model is loaded from its own directory only."""
    if parameter == "config" or parameter.startswith("file:"):
        raise BadInput(
            f"parameter {parameter!r} is not taken; a model is loaded from the directory it was started with"
        )


def outputs_of(request: InferRequest, response: InferResponse) -> dict[str, NamedTensor]:
    """Return one model's outputs under the names that they were asked for by."""
    tensors = response.outputs[0].tensors
    labels = request.fetch or [named.alias for named in tensors]
    return dict(zip(labels, tensors, strict=True))


def _tensor_metadata(spec: TensorSpec) -> Document:
    return {
        "name": spec.alias,
        "datatype": DATATYPES.get(spec.element_type, spec.element_type.name),
        "shape": list(spec.shape),
        "parameters": {"variable": spec.name, "lod": spec.is_lod},
    }


def _tensor_config(spec: TensorSpec, is_batched: bool) -> Document:
    datatype = "STRING" if spec.element_type is ElementType.STRING else DATATYPES.get(spec.element_type, "INVALID")
    return {"name": spec.alias, "data_type": f"TYPE_{datatype}", "dims": list(spec.shape[is_batched:])}


def _statistics(model: ServedModel) -> Document:
    counted = model.statistics
    durations = ("success", "fail", "queue", "compute_input", "compute_infer", "compute_output")
    return {
        "name": model.name,
        "version": MODEL_VERSION,
        "last_inference": counted.last_inference_ms,
        "inference_count": counted.inferences,
        "execution_count": counted.executions,
        "inference_stats": {name: _duration(getattr(counted, name)) for name in durations},
    }


def _duration(duration: Duration) -> Document:
    return {"count": duration.count, "ns": duration.ns}
