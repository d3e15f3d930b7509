"""A pipeline's file of steps: every key, with its default and its check.

    inputs: {image: "UINT8[-1, -1, 3]"}   # what a request holds; optional, as is `outputs`
    steps:
      - model: ./det_model                # a step is called as its folder, its function, or by its `name`
      - call: lines:cut                   # a function of lines.py beside this file
        inputs: [det_model, request]      # default: the step before; the first hears the request
      - model: ./rec_model

Beside them a step has the keys of an op in config.yml, and the file those of config.yml itself but `op`.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from serving_kit.errors import BadInput
from serving_kit.pipeline.config import Asking, OpSettings, Pace, Serving, Source
from serving_kit.pipeline.document import Section, checked
from serving_kit.runtime.model_dir import SERVER_FOLDER
from serving_kit.types import ElementType, TensorSpec

S = TypeVar("S", bound=Source)
_SIZE = r" ?(?:-1|\d{1,9}) ?"
_TYPED = re.compile(rf"(\w+) ?\[({_SIZE}(?:,{_SIZE})*)\]", re.ASCII)


def tensor_spec(name: str, text: str) -> TensorSpec:
    """Return what `FP32[-1, 13]` says of a tensor; ValueError where it is written in another way."""
    match = _TYPED.fullmatch(text)
    if match is None or match[1] not in ElementType.__members__:
        types = ", ".join(ElementType.__members__)
        raise ValueError(f'write a type and a shape, such as "FP32[-1, 13]"; the types are {types}')
    return TensorSpec(name, name, ElementType[match[1]], tuple(map(int, match[2].split(","))))


def _checked_type(text: str) -> str:
    tensor_spec("", text)
    return text


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _mapped(value: object) -> object:
    value = _listed(value)
    is_names = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return {name: name for name in value} if is_names else value  # type: ignore[attr-defined]


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Renamed = Annotated[dict[str, str], BeforeValidator(_mapped)]
"""A model's name to ours; a list of names keeps them."""
Types = dict[str, Annotated[str, AfterValidator(_checked_type)]]


class Step(Section):
    """What every step has: the steps it hears, and which of their values it takes under which of its own names."""

    name: str = ""
    inputs: Names = ()
    feed: dict[str, str] = Field(default_factory=dict)


class ModelStep(Asking, Step):
    """A step that asks a model; `feed` and `fetch` map the model's aliases to names of values."""

    fetch: Renamed = Field(default_factory=dict)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not (self._given() or self.variants):
            raise ValueError("give model (a folder), call (module:function), server_endpoints or variants")
        if not self.default_name and not self.name:
            raise ValueError("give the step a name")
        return self

    @property
    def default_name(self) -> str:
        """The name of the model's folder."""
        folder = Path(self.local.model_directory) if self.local else Path()
        return folder.parent.name if folder.name == SERVER_FOLDER else folder.name

    def settings(self, folder: Path) -> OpSettings:
        """Return the same as a section of config.yml, its paths seen from `folder`."""
        own = _placed(self, folder)
        variants = {name: _placed(variant, folder) for name, variant in self.variants.items()}
        fields = {name: getattr(own, name) for name in Asking.model_fields}
        fields |= {"variants": variants, "shadow": _placed(self.shadow, folder) if self.shadow else None}
        return OpSettings(**fields, fetch_list=tuple(self.fetch))


class CallStep(Pace, Step):
    """A step that calls a function, written `module:function`; `feed` maps its parameters to names of values."""

    call: str = Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")

    @property
    def default_name(self) -> str:
        """The function's name."""
        return self.call.partition(":")[2]

    def settings(self, _: Path) -> OpSettings:
        """Return the same as a section of config.yml."""
        return OpSettings(**{name: getattr(self, name) for name in Pace.model_fields})


class StepFile(Serving):
    """The whole file."""

    name: str = ""
    inputs: Types = Field(default_factory=dict)
    outputs: Types = Field(default_factory=dict)
    steps: tuple[dict[str, Any], ...] = Field(min_length=1)


def step_of(document: dict[str, Any], where: str) -> ModelStep | CallStep:
    """Check one step; BadInput begins with `where` and names the key that is wrong."""
    if "call" not in document:
        return checked(ModelStep, document, where)
    both = [key for key in ("model", "local_service_conf", "server_endpoints", "variants") if key in document]
    if both:
        raise BadInput(f"{where}: {both[0]} and call stand in one step; make two steps of them")
    return checked(CallStep, document, where)


def _placed(source: S, folder: Path) -> S:
    """Return the same with its paths seen from a folder."""
    local, configured = source.local_service_conf, source.client_config
    changes: dict[str, Any] = {}
    if source.model:
        changes["model"] = str(folder / source.model)
    if local:
        directory = str(folder / local.model_directory)
        changes["local_service_conf"] = local.model_copy(update={"model_directory": directory})
    if configured:
        names = (configured,) if isinstance(configured, str) else configured
        changes["client_config"] = tuple(str(folder / name) for name in names)
    if source.encryption_key:
        changes["encryption_key"] = str(folder / source.encryption_key)
    return source.model_copy(update=changes)
