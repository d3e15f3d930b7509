"""Sentiment of Chinese text, from a bag of its characters and of pairs of neighbours, hashed to ids."""

from collections.abc import Mapping, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Label
from serving_kit.tasks.classification import best
from serving_kit.tasks.task import Parameters, Prepared, Source, task
from serving_kit.types import Array

EMPTY = 0  # the id that fills a row; the network leaves it out


class Before(Parameters):
    """How a text becomes ids."""

    buckets: int = Field(1 << 15, gt=1, description="how many ids there are; 0 is an empty place")
    longest: int = Field(128, gt=0, description="characters that are read; the rest of a text is left out")


class After(Parameters):
    """The first output is one score a label."""


@task("sentiment", Before, After)
class Sentiment:
    """One sample is a text or a list of texts; the answer is one Label each."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Return int64 ids [N, places], as many places as the longest text needs."""
        texts = [sample] if isinstance(sample, str) else sample
        if not isinstance(texts, Sequence) or not all(isinstance(one, str) for one in texts):
            raise BadInput("the sample is no text; give a string, or a list of strings")
        rows = [hashed(text, self.before) for text in texts]
        if not rows or not all(rows):
            raise BadInput("the sample holds a text with nothing in it; give at least one character each")
        return Prepared({self.source.feed: padded(rows)}, context=len(rows))

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[Label]:
        """Return the label of each text."""
        scores = self.source.output(outputs, rank=2)
        if len(scores) != prepared.context:
            raise BadInput(f"the answer has {len(scores)} rows for {prepared.context} texts")
        return [best(row, self.source.labels, 1)[0] for row in scores]


def hashed(text: str, before: Before) -> list[int]:
    """Return an id for each character and each pair of neighbours, spaces left out: CRC-32, alike on every machine."""
    characters = "".join(text.split())[: before.longest]
    pieces = [*characters, *(characters[place : place + 2] for place in range(len(characters) - 1))]
    return [1 + crc32(piece.encode()) % (before.buckets - 1) for piece in pieces]


def padded(rows: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Return the rows as one array, filled up with empty places."""
    table = np.full((len(rows), max(map(len, rows))), EMPTY, dtype=np.int64)
    for place, row in enumerate(rows):
        table[place, : len(row)] = row
    return table
