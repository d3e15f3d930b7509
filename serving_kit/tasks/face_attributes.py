"""Face attributes: what a network guesses from looks: an age, which of two labels, and an embedding."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Answer, Label
from serving_kit.tasks.face import FaceCrop, to_face_rows
from serving_kit.tasks.face_embedding import Embedding, unit
from serving_kit.tasks.task import Parameters, Prepared, Source, task
from serving_kit.types import Array

READ = ("age", "gender", "embedding")


class After(Parameters):
    """Outputs are read by alias: `age` (years, or a probability for each year), `gender` and `embedding`."""

    youngest_years: int = Field(1, ge=0, description="which year the first probability of `age` stands for")
    labels: tuple[str, str] = Field(("female", "male"), description="what the training data called 0 and 1 of `gender`")


@dataclass(frozen=True, slots=True, repr=False)
class Attributes(Answer):
    """Guesses from a face's looks; fields that the model does not answer are None or empty.

    `age_years` is the mean of `ages`, pairs of a year and its probability, and `spread_years` their standard deviation;
    the score of `label` lies between 0.5, no idea, and 1.
    """

    age_years: float | None = None
    spread_years: float | None = None
    ages: tuple[tuple[int, float], ...] = ()
    label: Label | None = None
    embedding: Embedding | None = None

    def __repr__(self) -> str:
        spread = "" if self.spread_years is None else f"±{self.spread_years:.1f}"
        age = "" if self.age_years is None else f"age={self.age_years:.1f}{spread}"
        label = "" if self.label is None else f"{self.label.label!r} {self.label.score:.2f}"
        return f"Attributes({', '.join(part for part in (age, label) if part)})"


@task("face-attributes", FaceCrop, After)
class FaceAttributes:
    """One sample is a crop of a face; the answer is Attributes."""

    def __init__(self, before: FaceCrop, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Return the crop as float32 [1, size, size, 3]."""
        return Prepared({self.source.feed: to_face_rows(sample, self.before)[None]})

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> Attributes:  # noqa: ARG002
        """Return what the model guesses; BadInput where it answers nothing that this task reads."""
        rows = {name: np.asarray(outputs[name], np.float64).reshape(-1) for name in READ if name in outputs}
        if not rows:
            raise BadInput(
                f"the answer holds {sorted(outputs)}; this task reads {list(READ)}: give outputs these aliases"
            )
        age, spread, ages = self._age(rows.get("age"))
        embedding = unit(rows["embedding"]) if "embedding" in rows else None
        return Attributes(age, spread, ages, self._label(rows.get("gender")), embedding)

    def _age(self, row: NDArray[np.float64] | None) -> tuple[float | None, float | None, tuple[tuple[int, float], ...]]:
        if row is None or row.size == 1:
            return (None if row is None else float(row[0])), None, ()
        years = np.arange(row.size) + self.after.youngest_years
        mean = float(years @ row)
        spread = float(np.sqrt(np.maximum((years - mean) ** 2 @ row, 0)))
        return mean, spread, tuple((int(year), float(share)) for year, share in zip(years, row, strict=True))

    def _label(self, row: NDArray[np.float64] | None) -> Label | None:
        if row is None:
            return None
        score, index = float(row[0]), int(row[0] > 0.5)
        return Label(self.after.labels[index], index, max(score, 1 - score))
