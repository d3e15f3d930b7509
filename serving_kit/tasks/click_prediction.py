"""Click prediction: records of a person and a thing in, the probability of a click (a purchase, a like) out."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.task import Parameters, Prepared, Source, task
from serving_kit.types import Array

Record: TypeAlias = Mapping[str, Any]
UNKNOWN = 0  # the id of a value that the vocabulary lacks, and of an empty place


class Before(Parameters):
    """Which fields of a record become ids, and how many places each has."""

    places: dict[str, int] = Field(
        default_factory=dict,
        min_length=1,
        description="fields in the model's order, with how many values each may have",
    )
    decades: tuple[str, ...] = Field((), description="fields whose number is cut to tens, 24 to 20")
    vocabulary: str = Field("features.txt", description="a file of lines `field=value`; the first is id 1")
    crosses: tuple[tuple[str, str], ...] = Field(
        (), description="pairs of fields whose values, taken together, are hashed for the model's second input"
    )
    buckets: int = Field(1 << 16, gt=1, description="how many different hashes there are; 0 is an empty place")


class After(Parameters):
    """The first output is the probability."""


@task("click-prediction", Before, After)
class ClickPrediction:
    """One sample is a record or a list of them; the answer is one probability a record, float64 [N].

    A record maps fields to a value or to a list of values; a field that it lacks is an unknown value.
    """

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source
        self.ids = {line: number for number, line in enumerate(source.lines(before.vocabulary), start=1)}

    def preprocess(self, sample: object) -> Prepared:
        """Return int64 ids [N, places], and int64 hashes [N, pairs] where the model takes crossed fields."""
        records = [sample] if isinstance(sample, Mapping) else sample
        if not isinstance(records, Sequence) or not records or not all(isinstance(one, Mapping) for one in records):
            raise BadInput("the sample is no record; give a mapping of fields to values, or a list of such")
        feeds: dict[str, Array] = {self.source.feed: encode(records, self.before, self.ids)}
        if self.before.crosses:
            feeds[self.source.spec.inputs[1].alias] = cross(records, self.before)
        return Prepared(feeds, context=len(records))

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> NDArray[np.float64]:
        """Return one probability a record."""
        values = self.source.output(outputs, rank=2)
        if values.shape != (prepared.context, 1):
            raise BadInput(
                f"the answer has shape {list(values.shape)}; {prepared.context} records have one number each"
            )
        return values.astype(np.float64).reshape(-1)


def encode(records: Sequence[Record], before: Before, ids: Mapping[str, int]) -> NDArray[np.int64]:
    """Return ids [N, places]; values beyond a field's places are left out."""
    table = np.full((len(records), sum(before.places.values())), UNKNOWN, dtype=np.int64)
    for row, record in zip(table, records, strict=True):
        place = 0
        for name, places in before.places.items():
            known = [ids.get(f"{name}={value}", UNKNOWN) for value in values(record, name, before)[:places]]
            row[place : place + len(known)] = known
            place += places
    return table


def cross(records: Sequence[Record], before: Before) -> NDArray[np.int64]:
    """Return the hashes 1..buckets-1 of paired values [N, pairs], by CRC-32, which is the same on every machine."""
    widths = [before.places[one] * before.places[other] for one, other in before.crosses]
    table = np.zeros((len(records), sum(widths)), dtype=np.int64)
    for row, record in zip(table, records, strict=True):
        place = 0
        for (one, other), width in zip(before.crosses, widths, strict=True):
            firsts = values(record, one, before)[: before.places[one]]
            seconds = values(record, other, before)[: before.places[other]]
            for number, pair in enumerate(product(firsts, seconds)):
                text = f"{one}={pair[0]} {other}={pair[1]}"
                row[place + number] = 1 + crc32(text.encode()) % (before.buckets - 1)
            place += width
    return table


def values(record: Record, name: str, before: Before) -> list[str]:
    """Return the values of a record's field as the vocabulary writes them, none where it lacks the field."""
    found = record.get(name, ())
    listed = found if isinstance(found, list | tuple) else (found,)
    if name not in before.decades:
        return [str(value) for value in listed]
    try:
        return [str(int(value) // 10 * 10) for value in listed]
    except ValueError:
        raise BadInput(f"field {name!r} of a record is {found!r}; give a whole number") from None
