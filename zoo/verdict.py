"""Whether a model answered its card's example as the card says."""

from dataclasses import dataclass
from typing import Any

from serving_kit.errors import BadInput
from zoo.card import Card
from zoo.expect import BadAnswer, read


@dataclass(frozen=True)
class Verdict:
    """An answer that was right, and in which words."""

    model: str
    evidence: str

    def __str__(self) -> str:
        return f"{self.model}: {self.evidence}"


def verify(card: Card, answer: Any) -> Verdict:
    """Check an answer to the card's example; BadAnswer says what was expected and what came.

    BadInput where the card expects nothing (untrained weights have no right answer).
    """
    if card.example.expect is None:
        raise BadInput(f"card {card.name} expects no answer; verify models with real weights only")
    try:
        return Verdict(card.name, read(card.task, card.example.expect).check(answer))
    except BadAnswer as error:
        raise BadAnswer(f"{card.name}: {error}") from None
