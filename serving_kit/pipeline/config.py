"""Paddle Serving's `config.yml`: every key of its pipeline servers, with its default and its check.

Keys, defaults and meanings are those of 0.8 and 0.9 (`pipeline_server.py`, `operator.py`, `local_service_handler.py`).
Ours are `model`, `engine`, `variants`, `shadow` and `cache_bytes` of an op. A key that is none of them is an error that
names the nearest one there is.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from serving_kit.pipeline.document import Section, checked, parsed

Port = Annotated[int, Field(ge=1024, le=65535)]
Milliseconds = Annotated[float, AfterValidator(lambda value: value if value > 0 else -1)]
"""Milliseconds; -1, whatever else is not above 0, stands for none."""
Devices = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]
Engine = Literal["paddle", "onnxruntime", "openvino", "auto"]
"""What computes a model on a CPU; `auto` is what is fastest on this machine, which a first start measures."""
SHADOW = "shadow"
"""What an op's shadow is called beside its variants."""


class Tracer(Section):
    """`dag.tracer`: figures of every op in the log, each `interval_s` seconds; -1 for never."""

    interval_s: int = -1


class Dag(Section):
    """`dag`: what holds for all ops."""

    is_thread_op: bool = True
    retry: int = Field(1, ge=1)
    client_type: Literal["brpc", "grpc"] = "brpc"
    use_profile: bool = False
    channel_size: int = Field(0, ge=0)
    channel_recv_frist_arrive: bool = False  # spelt so in every old file
    tracer: Tracer = Tracer()
    enable_prometheus: bool = False
    prometheus_port: int | None = Field(None, ge=0, le=65535)


class LocalService(Section):
    """`op.<name>.local_service_conf`: a model in this process, whatever its `client_type`."""

    client_type: Literal["brpc", "grpc", "local_predictor"] = "local_predictor"
    model_directory: str = Field(alias="model_config")
    workdir: str = ""
    engine: Engine = "paddle"
    thread_num: int = Field(2, ge=1)
    device_type: int = Field(-1, ge=-1, le=6)
    devices: Devices = ""
    fetch_list: tuple[str, ...] = ()
    mem_optim: bool = True
    ir_optim: bool = False
    precision: Literal["fp32", "fp16", "int8", "bf16"] = "fp32"
    use_calib: bool = False
    use_mkldnn: bool = False
    mkldnn_cache_capacity: int = Field(0, ge=0)
    mkldnn_op_list: tuple[str, ...] = ()
    mkldnn_bf16_op_list: tuple[str, ...] = ()
    min_subgraph_size: int = Field(3, ge=1)


class Source(Section):
    """Where a model is: in a folder, in a folder with settings of its engine, or behind servers."""

    model: str | None = None
    engine: Engine | None = None
    local_service_conf: LocalService | None = None
    server_endpoints: tuple[str, ...] = ()
    client_config: str | tuple[str, ...] | None = None
    client_type: Literal["brpc", "grpc", "local_predictor", "pipeline_grpc"] | None = None
    use_encryption_model: bool = False
    encryption_key: str = ""

    @model_validator(mode="after")
    def _has_a_key(self) -> Self:
        if self.use_encryption_model and not self.encryption_key:
            raise ValueError("use_encryption_model needs encryption_key, the file with the key")
        return self

    @model_validator(mode="after")
    def _computes_here(self) -> Self:
        if self.engine and not self.model:
            raise ValueError("engine stands beside model; write it into local_service_conf where that names the model")
        return self

    @property
    def local(self) -> LocalService | None:
        """The model in this process; one that only `model` names is optimised as it is loaded."""
        if not self.model:
            return self.local_service_conf
        return LocalService(model_config=self.model, ir_optim=True, engine=self.engine or "paddle")

    def _given(self) -> list[str]:
        sources = ("model", "local_service_conf", "server_endpoints")
        return [name for name in sources if getattr(self, name)]


class _OnlySource(Source):
    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len(self._given()) != 1:
            raise ValueError("give one of model, local_service_conf and server_endpoints")
        return self


class VariantSettings(_OnlySource):
    """`op.<name>.variants.<variant>`: a model that gets `weight` of the requests, in proportion to all weights."""

    weight: float = Field(ge=0, allow_inf_nan=False)


class ShadowSettings(_OnlySource):
    """`op.<name>.shadow`: a model that hears every request too, in threads of its own, and whose answers are dropped.

    What comes while `outstanding` requests wait for it or run is not shown to it.
    """

    concurrency: int = Field(1, ge=1)
    outstanding: int = Field(64, ge=1)


class Pace(Section):
    """How an op's work is done; None where the script's own value stands.

    Without a `timeout` what is stuck in an op keeps one of its workers for good, whoever stopped waiting.
    """

    concurrency: int | None = Field(None, ge=1)
    timeout: Milliseconds | None = None
    retry: int | None = Field(None, ge=1)


class Asking(Pace, Source):
    """How an op asks a model, or one of several `variants`; `cache_bytes` are for answers that come again."""

    batch_size: int | None = Field(None, ge=1)
    auto_batching_timeout: Milliseconds | None = None
    variants: dict[str, VariantSettings] = Field(default_factory=dict)
    shadow: ShadowSettings | None = None
    cache_bytes: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        given = self._given()
        if self.model and self.local_service_conf:
            raise ValueError("model and local_service_conf both name a model; keep one of them")
        if not self.variants:
            return self
        if given:
            raise ValueError(f"{given[0]} and variants both say what is asked; make it one of the variants")
        if SHADOW in self.variants:
            raise ValueError("a variant cannot be called shadow; call it otherwise")
        if not any(variant.weight for variant in self.variants.values()):
            raise ValueError("every variant has the weight 0; give one of them more")
        if self.cache_bytes:
            raise ValueError("an answer kept from one variant would be given for another; take cache_bytes away")
        return self


class OpSettings(Asking):
    """`op.<name>`: how one op runs, and which model it asks."""

    fetch_list: tuple[str, ...] = ()


class Serving(Section):
    """How a pipeline is served."""

    rpc_port: Port | None = None
    http_port: Port | None = None
    worker_num: int = Field(1, ge=1)
    build_dag_each_worker: bool = False
    grpc_gateway_port: int | None = None
    dag: Dag = Dag()


class PipelineConfig(Serving):
    """The whole file."""

    op: dict[str, OpSettings] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_a_port(self) -> Self:
        if self.rpc_port is None and self.http_port is None:
            raise ValueError("rpc_port and http_port are both absent; give at least one of them")
        return self

    @classmethod
    def of(cls, document: Any, where: str = "the configuration") -> Self:
        """Check a parsed document; BadInput names the first key that is wrong, what was expected and what to do."""
        return checked(cls, document, where)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file; BadInput where it is no YAML or a key is wrong."""
        return checked(cls, parsed(path), str(path))
