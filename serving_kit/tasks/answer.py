"""What tasks answer: small frozen values of plain Python types, the same whichever model gave them.

Coordinates are pixels of the image that was asked about, x to the right and y down; scores lie in 0..1.
"""

from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

Point: TypeAlias = tuple[float, float]
Polygon: TypeAlias = tuple[Point, Point, Point, Point]


def corners(box: tuple[float, float, float, float]) -> Polygon:
    """Return the corners of (left, top, right, bottom), clockwise from the top left."""
    left, top, right, bottom = box
    return ((left, top), (right, top), (right, bottom), (left, bottom))


@dataclass(frozen=True, slots=True)
class Answer:
    """Base of all answers."""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, repr=False)
class Label(Answer):
    """One class of a classifier and how sure it is; `index` counts from 0."""

    label: str
    index: int
    score: float

    def __repr__(self) -> str:
        return f"Label({self.label!r}, index={self.index}, score={self.score:.3f})"


@dataclass(frozen=True, slots=True, repr=False)
class TextBox(Answer):
    """Where a line of text stands: four corners, clockwise from the one at the top left."""

    polygon: Polygon
    score: float

    @property
    def outline(self) -> tuple[Point, ...]:
        """The corners, for drawing and cropping."""
        return self.polygon

    @property
    def caption(self) -> str:
        """What a drawing writes beside it."""
        return f"{self.score:.2f}"

    def __repr__(self) -> str:
        corners = " ".join(f"({x:.0f},{y:.0f})" for x, y in self.polygon)
        return f"TextBox({corners}, score={self.score:.3f})"


@dataclass(frozen=True, slots=True, repr=False)
class Character(Answer):
    """One character that was read, and the time step of the model's output it was read at."""

    character: str
    score: float
    step: int

    def __repr__(self) -> str:
        return f"Character({self.character!r}, score={self.score:.3f}, step={self.step})"


@dataclass(frozen=True, slots=True, repr=False)
class Text(Answer):
    """A line of text that was read; `score` is the mean of its characters' scores, 0 for no text."""

    text: str
    score: float
    characters: tuple[Character, ...] = ()

    def __repr__(self) -> str:
        return f"Text({self.text!r}, score={self.score:.3f})"


@dataclass(frozen=True, slots=True, repr=False)
class Word(Answer):
    """A word of a sentence as it was written there, and its part of speech or kind of name (`n`, `PER`, ...).

    `tag` is empty where the model only cuts.
    """

    word: str
    tag: str

    def __repr__(self) -> str:
        return f"{self.word}/{self.tag}" if self.tag else self.word


@dataclass(frozen=True, slots=True, repr=False)
class Region(Answer):
    """Something found in an image; `box` is (left, top, right, bottom)."""

    label: str
    score: float
    box: tuple[float, float, float, float]

    @property
    def outline(self) -> tuple[Point, ...]:
        """The corners of the box, clockwise from the top left."""
        return corners(self.box)

    @property
    def caption(self) -> str:
        """What a drawing writes beside it."""
        return f"{self.label} {self.score:.2f}"

    def __repr__(self) -> str:
        left, top, right, bottom = self.box
        return f"Region({self.label!r}, box=({left:.0f},{top:.0f},{right:.0f},{bottom:.0f}), score={self.score:.3f})"
