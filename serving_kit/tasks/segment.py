"""Cutting Chinese text into the fewest dictionary words, as LAC does before it looks up ids."""

from collections.abc import Iterable


class FewestWords:
    """Built from lines `word count`; the counts play no part, as in LAC itself. Called with text, returns its words.

    Of several ways with equally few words, the one whose first word is longest is taken. ASCII letters and digits that
    stand alone are joined into runs.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.words = {line.split(" ")[0] for line in lines if line}
        self.longest = max(map(len, self.words), default=1)

    def __call__(self, text: str) -> list[str]:
        """Return the words; joined, they are the text."""
        ends = self._ends(text)
        words: list[str] = []
        start, in_run = 0, False
        while start < len(text):
            word = text[start : ends[start]]
            alone = len(word) == 1 and word.isascii() and word.isalnum()
            if alone and in_run:
                words[-1] += word
            else:
                words.append(word)
            start, in_run = ends[start], alone
        return words

    def _ends(self, text: str) -> list[int]:
        """Return for each position where the word that starts there ends, from the back: fewest words first."""
        fewest, ends = [0] * (len(text) + 1), [0] * len(text)
        for start in range(len(text) - 1, -1, -1):
            last = min(len(text), start + self.longest)
            options = [end for end in range(start + 1, last + 1) if end == start + 1 or text[start:end] in self.words]
            ends[start] = min(options, key=lambda end: (fewest[end], -end))
            fewest[start] = fewest[ends[start]] + 1
        return ends
