"""From Chinese text to the ids that LAC's models read: one a character, or one a dictionary word."""

from pydantic import Field

from serving_kit.errors import ModelFileError
from serving_kit.tasks.segment import FewestWords
from serving_kit.tasks.task import Parameters, Source

UNKNOWN = "OOV"  # the vocabulary's entry for what it does not know


class Vocabularies(Parameters):
    """Vocabularies are files of the model directory, one tab-separated pair a line, as LAC writes them."""

    words: str = Field("word.dic", description="id and word")
    fullwidth: str | None = Field("q2b.dic", description="character and the one that replaces it")
    segments: str | None = Field(None, description="word and count; words here that have an id travel as one row")


class Vocabulary:
    """The vocabularies of a model directory, read; ModelFileError where there are no tags or there is no OOV."""

    def __init__(self, files: Vocabularies, source: Source) -> None:
        self.ids = {word: int(index) for index, word in _pairs(source, files.words)}
        self.halfwidth = dict(_pairs(source, files.fullwidth)) if files.fullwidth else {}
        if source.spec.labels is None or UNKNOWN not in self.ids:
            raise ModelFileError(f"{source.spec.name!r} needs labels in spec.json and {UNKNOWN!r} in {files.words}")
        self.tags = {int(index): tag for index, tag in _pairs(source, source.spec.labels)}
        self.segment = FewestWords(source.lines(files.segments)) if files.segments else None

    def units(self, text: str) -> tuple[str, ...]:
        """Return what gets one id each: characters, and words the vocabulary knows where a segmenter is given."""
        if not self.segment:
            return tuple(text) or ("",)
        words = self.segment(text)
        return tuple(unit for word in words for unit in ([word] if word in self.ids else word)) or ("",)

    def id_of(self, unit: str) -> int:
        """Return the id of a character or word, of its half-width form, or of the unknown."""
        return self.ids.get(self.halfwidth.get(unit, unit), self.ids[UNKNOWN])


def _pairs(source: Source, filename: str) -> list[tuple[str, str]]:
    fields = [line.split("\t") for line in source.lines(filename)]
    return [(pair[0], pair[1]) for pair in fields if len(pair) == 2]
