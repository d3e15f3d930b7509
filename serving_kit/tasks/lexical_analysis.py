"""Lexical analysis of Chinese (LAC): words, parts of speech and names, from one tag a character.

Sentences of different lengths travel as one tensor of ids [T, 1] with row offsets (LoD), no padding.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Word
from serving_kit.tasks.task import Parameters, Prepared, Source, task
from serving_kit.tasks.vocabulary import Vocabularies, Vocabulary
from serving_kit.types import Array

STOPS = "。！？；，、.!?;, \n"


class Before(Vocabularies):
    """Vocabularies are files of the model directory, one tab-separated pair a line, as LAC writes them."""

    longest: int = Field(512, gt=0, description="characters a row sequence may have; longer sentences are cut at stops")


class After(Parameters):
    """`labels` of spec.json names the file of tags: id and tag, the tag ending in -B, -I, -E or -S."""


@dataclass(frozen=True)
class _Piece:
    """A part of sentence number `sentence`, cut into the units that each have one id."""

    sentence: int
    units: tuple[str, ...]


@task("lexical-analysis", Before, After)
class LexicalAnalysis:
    """One sample is a sentence or a list of them; the answer is a list of words for each, none for an empty one."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source
        self.vocabulary = Vocabulary(before, source)

    def preprocess(self, sample: object) -> Prepared:
        """Return ids int64 [T, 1] and their offsets; an empty sentence takes one row, since none may be empty."""
        sentences = [sample] if isinstance(sample, str) else sample
        if not isinstance(sentences, Sequence) or not all(isinstance(one, str) for one in sentences):
            raise BadInput(f"the sample is a {type(sample).__name__}; give a sentence or a list of sentences")
        if not sentences:
            raise BadInput("the sample holds no sentences; give at least one")
        pieces = [
            _Piece(number, self.vocabulary.units(part))
            for number, sentence in enumerate(sentences)
            for part in cut(sentence, self.before.longest)
        ]
        rows = [self.id_of(unit) for piece in pieces for unit in piece.units]
        offsets = list(accumulate((len(piece.units) for piece in pieces), initial=0))
        feeds: dict[str, Array] = {
            self.source.feed: np.array(rows, dtype=np.int64).reshape(-1, 1),
            f"{self.source.feed}.lod": np.array(offsets, dtype=np.int32),
        }
        return Prepared(feeds, context=(len(sentences), pieces))

    def id_of(self, unit: str) -> int:
        """Return the id of a character or word, of its half-width form, or of the unknown."""
        return self.vocabulary.id_of(unit)

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[list[Word]]:
        """Return the words of each sentence."""
        count, pieces = prepared.context
        tags = self.source.output(outputs, rank=2).ravel().tolist()
        units = [unit for piece in pieces for unit in piece.units]
        if len(tags) != len(units) or not set(tags) <= self.vocabulary.tags.keys():
            raise BadInput(
                f"the answer has {len(tags)} tags for {len(units)} rows, or tags that {self.source.spec.labels} lacks"
            )
        answer: list[list[Word]] = [[] for _ in range(count)]
        start = 0
        for piece in pieces:
            end = start + len(piece.units)
            answer[piece.sentence] += join(piece.units, [self.vocabulary.tags[tag] for tag in tags[start:end]])
            start = end
        return answer


def join(units: Iterable[str], tags: Iterable[str]) -> list[Word]:
    """Join units into words: one begins at each -B and -S; its tag is its last unit's (LAC's own rule)."""
    words: list[Word] = []
    for unit, tag in zip(units, tags, strict=True):
        name, dash, place = tag.rpartition("-")
        if not dash or not words or place in {"B", "S"}:
            words.append(Word(unit, name if dash else tag))
        else:
            words[-1] = Word(words[-1].word + unit, name)
    return [word for word in words if word.word]


def cut(sentence: str, longest: int) -> list[str]:
    """Cut a sentence into parts of at most `longest` characters, after the last stop of each where there is one."""
    parts = []
    while len(sentence) > longest:
        stop = max((sentence.rfind(mark, 0, longest) for mark in STOPS), default=-1)
        end = stop + 1 or longest
        parts.append(sentence[:end])
        sentence = sentence[end:]
    return [*parts, sentence]
