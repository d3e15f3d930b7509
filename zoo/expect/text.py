"""Expected texts and words."""

from collections.abc import Sequence

from serving_kit.tasks import Text, Word
from zoo.expect.expectation import BadAnswer, Expectation, of


@of("text-recognition")
class ReadText(Expectation):
    """The text of one line, letter by letter."""

    text: str
    score_at_least: float = 0.0

    def check(self, answer: Sequence[Text] | Text) -> str:
        """Compare the whole text."""
        first = answer if isinstance(answer, Text) else answer[0] if answer else None
        if first is None or first.text != self.text or first.score < self.score_at_least:
            raise BadAnswer(f"expected {self.text!r} at {self.score_at_least} or more, got {first}")
        return f"{first.text!r} at {first.score:.3f} (expected at least {self.score_at_least})"


@of("lexical-analysis")
class TaggedWords(Expectation):
    """The words of a sentence with their tags, as `word/tag word/tag`, or the words alone where the model only cuts."""

    words: str

    def check(self, answer: Sequence[Sequence[Word]]) -> str:
        """Compare word by word; sentences are joined."""
        got = " ".join(str(word) for sentence in answer for word in sentence)
        if got != self.words:
            raise BadAnswer(f"expected {self.words!r}, got {got!r}")
        return f"all {len(self.words.split())} words{' and tags' if '/' in self.words else ''} right"
