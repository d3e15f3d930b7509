"""Table structure: the rows, columns and merged cells of a table in an image, as HTML (SLANet).

The model writes HTML token by token and gives four corners for each cell it opens, in parts of the square that the
image was laid into. It does not read: what stands in a cell is another model's work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

import numpy as np
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Answer, Point, Polygon
from serving_kit.tasks.pixels import Normalisation, as_image, resize, to_planes
from serving_kit.tasks.task import Numbers, Parameters, Prepared, Source, task
from serving_kit.types import Array

_OPENING = ("<td", "<td></td>")
_EMPTY = "<td></td>"


class Before(Normalisation):
    """The long side is scaled to `side_px`; zeros fill the square below or to the right."""

    side_px: int = Field(488, gt=0)


class After(Parameters):
    """`labels` of spec.json names the file of HTML tokens, one a line; start and end come before and after them."""


@dataclass(frozen=True, slots=True, repr=False)
class Cell(Answer):
    """A cell: its first row and column, counted from 0, how many it spans, its corners, and its text if it was read."""

    row: int
    column: int
    rows: int
    columns: int
    polygon: Polygon
    text: str = ""

    @property
    def outline(self) -> tuple[Point, ...]:
        """The corners, for drawing and cropping."""
        return self.polygon

    @property
    def caption(self) -> str:
        """What a drawing writes beside it."""
        return f"{self.row},{self.column}"

    def __repr__(self) -> str:
        span = f", spans {self.rows}x{self.columns}" if self.rows * self.columns > 1 else ""
        return f"Cell({self.row},{self.column}{span})"


@dataclass(frozen=True, slots=True, repr=False)
class Table(Answer):
    """A table: its cells row by row, and the mean score of the tokens that say so."""

    cells: tuple[Cell, ...]
    score: float

    @property
    def size(self) -> tuple[int, int]:
        """How many rows and columns there are."""
        return (
            max((cell.row + cell.rows for cell in self.cells), default=0),
            max((cell.column + cell.columns for cell in self.cells), default=0),
        )

    @property
    def html(self) -> str:
        """The table as HTML, with the texts that are known."""
        rows = []
        for row in range(self.size[0]):
            cells = "".join(_html(cell) for cell in self.cells if cell.row == row)
            rows.append(f"<tr>{cells}</tr>")
        return f"<table>{''.join(rows)}</table>"

    def with_texts(self, texts: Sequence[str]) -> "Table":
        """Return the same table with what was read in each cell; BadInput unless there is one text a cell."""
        if len(texts) != len(self.cells):
            raise BadInput(f"there are {len(texts)} texts for {len(self.cells)} cells; give one each, empty or not")
        return replace(self, cells=tuple(replace(c, text=t) for c, t in zip(self.cells, texts, strict=True)))

    def __repr__(self) -> str:
        rows, columns = self.size
        return f"Table({rows} rows, {columns} columns, {len(self.cells)} cells, score={self.score:.3f})"


@task("table-structure", Before, After)
class TableStructure:
    """One sample is an image of one table with little around it; the answer is a Table."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source
        if not source.labels:
            raise BadInput(f"spec.json of {source.spec.name!r} names no labels; name the file of HTML tokens there")
        known = [tag for tag in source.labels if tag != "<td>"]  # the model was trained with "<td></td>" instead
        self.tokens = ("", *known, *(() if _EMPTY in known else (_EMPTY,)), "")

    def preprocess(self, sample: object) -> Prepared:
        """Return the image, laid into a square, as float32 [1, 3, side, side]."""
        image = as_image(sample)
        side, longest = self.before.side_px, max(image.shape[:2])
        height, width = (max(1, size * side // longest) for size in image.shape[:2])
        planes = to_planes(resize(image, width, height), self.before)
        square = np.pad(planes, ((0, 0), (0, side - height), (0, side - width)))
        return Prepared({self.source.feed: square[None]}, context=longest)

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> Table:
        """Return the table, corners in pixels of the sample."""
        corners, scores = self._heads(outputs)
        best, kept = scores.argmax(axis=1), []
        for step, index in enumerate(best):
            if index == len(self.tokens) - 1:
                break
            if self.tokens[index]:
                kept.append(step)
        written = [self.tokens[best[step]] for step in kept]
        opened = [step for step, token in zip(kept, written, strict=True) if token in _OPENING]
        cells = laid_out(written, corners[opened] * prepared.context)
        return Table(cells, float(scores[kept, best[kept]].mean()) if kept else 0.0)

    def _heads(self, outputs: Mapping[str, Array]) -> tuple[Numbers, Numbers]:
        """Return corners [T, 8] and token scores [T, tokens]."""
        heads = [outputs[port.alias] for port in self.source.spec.outputs if port.alias in outputs]
        shapes = [list(head.shape) for head in heads]
        if [shape[2:] for shape in shapes] != [[8], [len(self.tokens)]] or shapes[0][:2] != shapes[1][:2]:
            raise BadInput(f"the answer has shapes {shapes}; [1, T, 8] and [1, T, {len(self.tokens)}] were expected")
        return heads[0][0], heads[1][0]


def laid_out(tokens: Sequence[str], corners: Numbers) -> tuple[Cell, ...]:
    """Give each cell that the tokens open its place in the grid, and its corners [cells, 8].

    As browsers lay out tables: a cell stands in the first column of its row that no cell from above reaches into.
    """
    cells: list[Cell] = []
    taken: set[tuple[int, int]] = set()
    row = -1
    for place, tag in enumerate(tokens):
        if tag == "<tr>":
            row += 1
        if tag not in _OPENING:
            continue
        spans = {} if tag == _EMPTY else _spans(tokens[place + 1 :])
        rows, columns = spans.get("rowspan", 1), spans.get("colspan", 1)
        column = next(c for c in range(len(tokens) * columns + 1) if (max(row, 0), c) not in taken)
        taken |= {(max(row, 0) + r, column + c) for r in range(rows) for c in range(columns)}
        x1, y1, x2, y2, x3, y3, x4, y4 = (float(number) for number in corners[len(cells)])
        cells.append(Cell(max(row, 0), column, rows, columns, ((x1, y1), (x2, y2), (x3, y3), (x4, y4))))
    return tuple(cells)


def _spans(tokens: Sequence[str]) -> dict[str, int]:
    """Read ` colspan="2"` and the like up to the end of the opening tag."""
    spans = {}
    for token in tokens:
        name, _, value = token.strip().partition("=")
        if not value:
            break
        spans[name] = int(value.strip('"'))
    return spans


def _html(cell: Cell) -> str:
    spans = (("rowspan", cell.rows), ("colspan", cell.columns))
    attributes = "".join(f' {name}="{span}"' for name, span in spans if span > 1)
    return f"<td{attributes}>{escape(cell.text)}</td>"
