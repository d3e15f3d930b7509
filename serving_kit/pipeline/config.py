"""Paddle Serving's `config.yml`: every key of its pipeline servers, with its default and its check.

Keys, defaults and meanings are those of 0.8 and 0.9 (`pipeline_server.py`, `operator.py`, `local_service_handler.py`).
A key that is none of them is an error that names the nearest one there is.
"""

import difflib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from serving_kit.errors import BadInput

Port = Annotated[int, Field(ge=1024, le=65535)]
Milliseconds = Annotated[float, AfterValidator(lambda value: value if value > 0 else -1)]
"""Milliseconds; -1, whatever else is not above 0, stands for none."""
Devices = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class Tracer(_Section):
    """`dag.tracer`: figures of every op in the log, each `interval_s` seconds; -1 for never."""

    interval_s: int = -1


class Dag(_Section):
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


class LocalService(_Section):
    """`op.<name>.local_service_conf`: a model in this process, or in a server that is started for it."""

    client_type: Literal["brpc", "grpc", "local_predictor"] = "local_predictor"
    model_directory: str = Field(alias="model_config")
    workdir: str = ""
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


class OpSettings(_Section):
    """`op.<name>`: how one op runs, and which model it asks; None where the script's own value stands."""

    concurrency: int | None = Field(None, ge=1)
    timeout: Milliseconds | None = None
    retry: int | None = Field(None, ge=1)
    batch_size: int | None = Field(None, ge=1)
    auto_batching_timeout: Milliseconds | None = None
    server_endpoints: tuple[str, ...] = ()
    client_config: str | tuple[str, ...] | None = None
    client_type: Literal["brpc", "grpc", "local_predictor", "pipeline_grpc"] | None = None
    fetch_list: tuple[str, ...] = ()
    use_encryption_model: bool = False
    encryption_key: str = ""
    local_service_conf: LocalService | None = None


class PipelineConfig(_Section):
    """The whole file."""

    rpc_port: Port | None = None
    http_port: Port | None = None
    worker_num: int = Field(1, ge=1)
    build_dag_each_worker: bool = False
    grpc_gateway_port: int | None = None
    dag: Dag = Dag()
    op: dict[str, OpSettings] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_a_port(self) -> Self:
        if self.rpc_port is None and self.http_port is None:
            raise ValueError("rpc_port and http_port are both absent; give at least one of them")
        return self

    @classmethod
    def of(cls, document: Any, where: str = "the configuration") -> Self:
        """Check a parsed document; BadInput names the first key that is wrong, what was expected and what to do."""
        if not isinstance(document, dict):
            raise BadInput(f"{where} must hold keys and values, not {type(document).__name__}; see config.yml's keys")
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            raise BadInput(f"{where}: {_first(error)}") from None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file; BadInput where it is no YAML or a key is wrong."""
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            reason = getattr(error, "strerror", None) or str(error).replace("\n", " ")
            raise BadInput(f"{path} cannot be read as YAML: {reason}") from None
        return cls.of(document, str(path))


def _first(error: ValidationError) -> str:
    """Put the first complaint into a sentence."""
    complaint = error.errors(include_url=False)[0]
    place = [str(part) for part in complaint["loc"]]
    key = ".".join(place) or "it"
    if complaint["type"] != "extra_forbidden":
        given = "" if isinstance(complaint["input"], dict) else f", got {complaint['input']!r}"
        return f"{key}: {complaint['msg'].removeprefix('Value error, ')}{given}"
    known = _keys(PipelineConfig, place[:-1])
    near = difflib.get_close_matches(place[-1], known, n=1)
    hint = f"did you mean {'.'.join([*place[:-1], near[0]])}?" if near else f"known here: {', '.join(sorted(known))}"
    return f"unknown key {key}; {hint}"


def _keys(section: type[BaseModel], place: list[str]) -> list[str]:
    """Return the keys that a section of the file may hold."""
    sections: dict[str, type[BaseModel]] = {"dag": Dag, "tracer": Tracer, "local_service_conf": LocalService}
    if place[:1] == ["op"] and len(place) == 2:
        section = OpSettings
    elif place:
        section = sections[place[-1]]
    return [field.alias or name for name, field in section.model_fields.items()]
