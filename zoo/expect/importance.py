"""Expected importance of words."""

from collections.abc import Sequence

from pydantic import field_validator

from serving_kit.tasks import RankedWord
from zoo.expect.expectation import BadAnswer, Expectation, of


@of("word-importance")
class Importances(Expectation):
    """The words of a sentence with what each weighs, as `word=3 word=0`, each at most `within` levels off."""

    words: str
    within: int = 0

    @field_validator("words")
    @classmethod
    def _is_a_list_of_levels(cls, words: str) -> str:
        for part in words.split():
            if part.rpartition("=")[2] not in ("0", "1", "2", "3"):
                raise ValueError(f"{part!r} has no level; write the word, = and a level from 0 to 3")
        return words

    def check(self, answer: Sequence[Sequence[RankedWord]]) -> str:
        """Compare word by word; sentences are joined."""
        wanted = [part.rpartition("=")[::2] for part in self.words.split()]
        got = [word for sentence in answer for word in sentence]
        apart = [abs(word.importance - int(level)) for word, (_, level) in zip(got, wanted, strict=False)]
        if [word.word for word in got] != [word for word, _ in wanted] or max(apart) > self.within:
            raise BadAnswer(f"expected {self.words!r} within {self.within}, got {' '.join(map(str, got))!r}")
        return f"all {len(got)} words weigh what they should, within {self.within} of 3 levels"
