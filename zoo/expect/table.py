"""Expected tables."""

from serving_kit.tasks.table_structure import Table
from zoo.expect.box import Box, matched, upright
from zoo.expect.expectation import BadAnswer, Expectation, of


@of("table-structure")
class TableOf(Expectation):
    """A table as HTML without texts, tag by tag, and upright boxes (left, top, right, bottom) of its cells in order."""

    html: str
    cells: tuple[Box, ...] = ()
    iou: float = 0.5

    def check(self, answer: Table) -> str:
        """Compare the whole structure, then each cell's place."""
        got = answer.with_texts([""] * len(answer.cells)).html
        if got != self.html:
            raise BadAnswer(f"expected {self.html!r}, got {got!r}")
        evidence = f"{answer.size[0]} rows and {answer.size[1]} columns, every tag right"
        if not self.cells:
            return evidence
        found = [(str(place), upright(cell.polygon)) for place, cell in enumerate(answer.cells)]
        return f"{evidence}; {matched([(str(place), box) for place, box in enumerate(self.cells)], found, self.iou)}"
