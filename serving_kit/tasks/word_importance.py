"""How much each word of a Chinese sentence says (LAC's rank model), from its characters and the tags of its words.

The words come from lexical analysis: its answer is this task's sample. A sentence's rows are packed as there, with row
offsets (LoD), and both inputs carry the same ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias, cast

import numpy as np

from serving_kit.errors import BadInput, ModelFileError
from serving_kit.tasks.answer import Word
from serving_kit.tasks.task import Parameters, Prepared, Source, task
from serving_kit.tasks.vocabulary import Vocabularies, Vocabulary
from serving_kit.types import Array

Sentence: TypeAlias = list[Word]


class After(Parameters):
    """`labels` of spec.json names the file of tags: id and tag, the tag ending in -B or -I where it is of a word."""


@dataclass(frozen=True, slots=True, repr=False)
class RankedWord(Word):
    """A word, its tag, and what it weighs: 0 says nothing, 1 little, 2 limits what is meant, 3 is the heart of it."""

    importance: int

    def __repr__(self) -> str:
        return f"{self.word}={self.importance}"


@dataclass(frozen=True)
class _Piece:
    """A sentence's words, and the units it is cut into that have one row each."""

    words: Sentence
    units: tuple[str, ...]

    @property
    def tags(self) -> list[str]:
        """The tag of each character: its word's, -B for the first and -I for the rest."""
        return [f"{word.tag}-{'I' if place else 'B'}" for word in self.words for place in range(len(word.word))]

    @property
    def starts(self) -> list[int]:
        """The place of each unit's first character."""
        return list(accumulate((len(unit) for unit in self.units[:-1]), initial=0))


@task("word-importance", Vocabularies, After)
class WordImportance:
    """One sample is a sentence of words with tags, or a list of them; the answer has a list of RankedWord for each.

    A sentence is what lexical analysis answers, a list of Word, or a text that says the same: `我/r 爱/v 北京/LOC`.
    """

    def __init__(self, before: Vocabularies, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source
        self.vocabulary = Vocabulary(before, source)
        self.tags = {tag: index for index, tag in self.vocabulary.tags.items()}
        self.feeds = tuple(port.alias for port in source.spec.inputs)
        if len(self.feeds) != 2:
            raise ModelFileError(f"{source.spec.name!r} has inputs {list(self.feeds)}; this task feeds words and tags")

    def preprocess(self, sample: object) -> Prepared:
        """Return ids of units and of the tags they begin with, both int64 [T, 1], and their offsets."""
        sentences = _sentences(sample)
        pieces = [_Piece(words, self.vocabulary.units("".join(word.word for word in words))) for words in sentences]
        ids = [self.vocabulary.id_of(unit) for piece in pieces for unit in piece.units]
        tags = [self._tag(piece.tags[start]) for piece in pieces for start in piece.starts]
        offsets = np.array(list(accumulate((len(piece.units) for piece in pieces), initial=0)), dtype=np.int32)
        feeds: dict[str, Array] = {}
        for alias, rows in zip(self.feeds, (ids, tags), strict=True):
            feeds[alias] = np.array(rows, dtype=np.int64).reshape(-1, 1)
            feeds[f"{alias}.lod"] = offsets
        return Prepared(feeds, context=pieces)

    def _tag(self, name: str) -> int:
        bare = name.rpartition("-")[0]
        if name not in self.tags and bare not in self.tags:
            known = sorted({tag.removesuffix("-B").removesuffix("-I") for tag in self.tags})
            raise BadInput(f"{bare!r} is no tag of {self.source.spec.labels}; use one of {known}")
        return self.tags.get(name, self.tags.get(bare, 0))

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[list[RankedWord]]:
        """Return the words of each sentence; a word weighs what its weightiest unit does (LAC's own rule)."""
        weights = self.source.output(outputs, rank=1).tolist()
        count = sum(len(piece.units) for piece in prepared.context)
        if len(weights) != count:
            raise BadInput(f"the answer has {len(weights)} rows for the {count} that were sent")
        start, answer = 0, []
        for piece in prepared.context:
            end = start + len(piece.units)
            answer.append(_ranked(piece, weights[start:end]))
            start = end
        return answer


def _ranked(piece: _Piece, weights: Sequence[int]) -> list[RankedWord]:
    by_character = iter([weight for unit, weight in zip(piece.units, weights, strict=True) for _ in unit])
    return [RankedWord(word.word, word.tag, max(next(by_character) for _ in word.word)) for word in piece.words]


def _sentences(sample: object) -> list[Sentence]:
    """Return one sentence or several, each as words; BadInput for what holds none."""
    alone = isinstance(sample, str) or not isinstance(sample, Sequence) or any(isinstance(w, Word) for w in sample)
    sentences = [_words(sample)] if alone else [_words(one) for one in cast(Sequence[object], sample)]
    if not sentences or not all(sentences):
        raise BadInput("the sample holds a sentence without words, or none; ask only about those that have some")
    return sentences


def _words(sentence: object) -> Sentence:
    if isinstance(sentence, str) and all("/" in part for part in sentence.split()):
        words = [Word(*part.rsplit("/", 1)) for part in sentence.split()]
    elif isinstance(sentence, list) and all(isinstance(word, Word) for word in sentence):
        words = sentence
    else:
        raise BadInput(f"{sentence!r} is no sentence of words; give a list of Word, or text like 我/r 爱/v 北京/LOC")
    if not all(word.word for word in words):
        raise BadInput(f"{sentence!r} holds a word without characters; leave it out")
    return words
