"""Every model as a row of one table, for choosing among them: what it does, how large and how fast it is.

models = picker.table()
models[(models.task == "text-detection") & (models.size_mb < 5)]
"""

from typing import TYPE_CHECKING

from notebooks.house import index, scatter
from notebooks.house.scatter import Point

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

# The first kind that has a word of a task's name is the task's; what has none of them is the last kind's.
KINDS = {
    "text in pictures": ("text", "document", "layout", "table", "plate"),
    "people": ("face", "keypoint", "pose", "person", "selfie", "emotion", "age"),
    "words": ("lexical", "word", "sentence", "sentiment", "token", "translation"),
    "pictures": ("classification", "object", "detection", "segmentation", "digit", "image", "shape"),
    "rows and sounds": (),
}


def table() -> "DataFrame":
    """Return one row a model, by task and name, with what its notebook's last run measured.

    Columns: `task`, `answers`, `size_mb`, `p50_ms` (NaN where the notebook never ran in place), `weights`, `licence`.
    """
    from pandas import DataFrame

    entries = index.entries()
    columns = {
        "task": [entry.card.task for entry in entries],
        "answers": [entry.card.title for entry in entries],
        "size_mb": [entry.card.resources.size_mb for entry in entries],
        "p50_ms": [entry.record.p50_ms if entry.record else None for entry in entries],
        "weights": [entry.provenance for entry in entries],
        "licence": [entry.card.licence for entry in entries],
    }
    made = DataFrame(columns, index=[entry.card.name for entry in entries])
    return made.astype({"p50_ms": float})


def kind(task: str) -> str:
    """Return which kind of models a task belongs to."""
    words = set(task.split("-"))
    return next((kind for kind, wanted in KINDS.items() if words & set(wanted)), list(KINDS)[-1])


def plot(models: "DataFrame") -> "Figure":
    """Return a picture of the models in such a table: size against latency, coloured by kind, each with its name."""
    measured = models.dropna(subset=["p50_ms"])
    points = [
        Point(name, row.size_mb, row.p50_ms, kind(row.task))
        for name, row in zip(measured.index, measured.itertuples(), strict=True)
    ]
    return scatter.plot(points, "size of the weights, MB", "p50 of a request, ms", list(KINDS))
