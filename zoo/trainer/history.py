"""What a training leaves beside its model: the score of every epoch, the held-out score and the held-out rows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

FILENAME = "history.json"


class Epoch(NamedTuple):
    """The mean loss of an epoch's batches, and the score on the validation split after it."""

    loss: float
    validation: float


@dataclass(frozen=True, slots=True)
class History:
    """A training to look at: `best` counts from 0, `scores` and `rows` are the held-out ones by name.

    `measure` says what the validation scores are; rows are numbers in the file that was trained from.
    """

    measure: str
    epochs: Sequence[Epoch]
    best: int
    scores: dict[str, float]
    rows: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write `folder/history.json` and return its path."""
        path = folder / FILENAME
        path.write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")
        return path

    @classmethod
    def read(cls, folder: Path) -> "History":
        """Return the history that lies in the folder of a trained model's files."""
        values = json.loads((folder / FILENAME).read_text(encoding="utf-8"))
        return cls(**{**values, "epochs": [Epoch(*epoch) for epoch in values["epochs"]]})
