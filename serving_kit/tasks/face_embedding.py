"""Face embedding: a face as a direction; photos of one person should point in nearly the same one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Answer
from serving_kit.tasks.face import FaceCrop, to_face_rows
from serving_kit.tasks.pixels import as_images
from serving_kit.tasks.task import Numbers, Parameters, Prepared, Source, task
from serving_kit.types import Array


class After(Parameters):
    """The first output is the embedding; it is scaled to length 1."""


@dataclass(frozen=True, slots=True, repr=False)
class Embedding(Answer):
    """A vector of length 1; the numbers mean nothing by themselves."""

    values: tuple[float, ...]

    def __repr__(self) -> str:
        first = ", ".join(f"{value:.3f}" for value in self.values[:4])
        return f"Embedding({len(self.values)} numbers: {first}, ...)"


@task("face-embedding", FaceCrop, After)
class FaceEmbedding:
    """One sample is a crop of a face, or a list of crops; the answer is a list of Embedding."""

    def __init__(self, before: FaceCrop, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Return the crops as float32 [faces, size, size, 3]."""
        return Prepared({self.source.feed: np.stack([to_face_rows(crop, self.before) for crop in as_images(sample)])})

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[Embedding]:  # noqa: ARG002
        """Return one embedding a face."""
        return [unit(row) for row in self.source.output(outputs, rank=2)]


def unit(row: Numbers) -> Embedding:
    """Return a row as an embedding; BadInput for zeros or NaN, which have no direction."""
    length = float(np.linalg.norm(row.astype(np.float64)))
    if not np.isfinite(length) or length == 0:
        raise BadInput(f"the embedding has length {length}; check the crop and the model")
    return Embedding(tuple(float(value) for value in row.astype(np.float64) / length))


def similarities(embeddings: Sequence[Embedding]) -> NDArray[np.float64]:
    """Return the cosine of each pair's angle, [N, N]: 1 for the same direction, 0 for unrelated ones."""
    rows = np.array([embedding.values for embedding in embeddings])
    return np.asarray(rows @ rows.T)
