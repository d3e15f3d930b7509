"""Regression: a row of numbers in, one number out."""

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from serving_kit.errors import BadInput
from serving_kit.tasks.pixels import Positive
from serving_kit.tasks.task import Parameters, Prepared, Source, task
from serving_kit.types import Array


class Before(Parameters):
    """How raw features are scaled: (x - shift) / scale, one number a feature; left out, samples come scaled."""

    shift: tuple[float, ...] = ()
    scale: tuple[Positive, ...] = ()

    @model_validator(mode="after")
    def _one_each(self) -> Self:
        if self.shift and self.scale and len(self.shift) != len(self.scale):
            raise ValueError(f"shift has {len(self.shift)} numbers, scale {len(self.scale)}; give one each a feature")
        return self


class After(Parameters):
    """The answer is taken as the model gives it."""


@task("regression", Before, After)
class Regression:
    """One sample is a row [F] or several [N, F]; the answer is float64 [N]."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Scale rows of features to float32 [N, F]."""
        try:
            rows = np.atleast_2d(np.asarray(sample, dtype=np.float64))
        except (TypeError, ValueError):
            raise BadInput("the sample is not numbers; give a row of features or a table of rows") from None
        width = len(self.before.scale) or len(self.before.shift) or self.source.spec.inputs[0].shape[-1]
        if rows.ndim != 2 or not rows.size or (width > 0 and rows.shape[1] != width):
            raise BadInput(f"the sample has shape {list(np.shape(rows))}; give rows of {width} features")
        if self.before.shift:
            rows = rows - self.before.shift
        if self.before.scale:
            rows = rows / self.before.scale
        return Prepared({self.source.feed: rows.astype(np.float32)}, context=len(rows))

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> NDArray[np.float64]:
        """Return one number a row."""
        values = self.source.output(outputs, rank=2)
        if values.shape != (prepared.context, 1):
            raise BadInput(f"the answer has shape {list(values.shape)}; {prepared.context} rows have one number each")
        return values.astype(np.float64).reshape(-1)
