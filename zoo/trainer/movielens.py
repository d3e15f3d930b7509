"""MovieLens 100K as records, one a rating: who watched which film, and whether they gave it four stars or more."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving_kit.tasks.click_prediction import Before, values
from zoo.data import sample

LIKED_FROM = 4.0


def ratings() -> tuple[list[dict[str, Any]], NDArray[np.bool_]]:
    """Return a record for each of the 100,000 ratings, in the file's order, and whether the film was liked.

    A record holds the user's number, age, gender and occupation and the film's number, title, year and genres, all
    text but the list of genres. Records of one user or film share their values.
    """
    viewers, films = users(), movies()
    rows = list(_rows("movielens-ratings"))
    records = [{**viewers[user], **films[film]} for user, film, _, _ in rows]
    return records, np.array([float(stars) >= LIKED_FROM for _, _, stars, _ in rows])


def users() -> dict[str, dict[str, Any]]:
    """Return what is known of each user, by number."""
    names = ("user", "age", "gender", "occupation")
    return {row[0]: dict(zip(names, row, strict=False)) for row in _rows("movielens-users")}


def movies() -> dict[str, dict[str, Any]]:
    """Return what is known of each film, by number; `genre` is a list, and a year that is not known is left out."""
    return {
        number: {"film": number, "title": title, "genre": genres.split()} | ({"year": year} if year.isdigit() else {})
        for number, title, year, genres in _rows("movielens-films")
    }


def averages(
    records: Sequence[Mapping[str, Any]], liked: NDArray[np.bool_], held: NDArray[Any], field: str
) -> NDArray[np.float64]:
    """Return, for each held-out row, how often its user (or film) is liked in all other rows: a rival for any model.

    Five ratings like everybody's are added to each, so that one with few ratings of its own is near the mean.
    """
    codes = np.unique([record[field] for record in records], return_inverse=True)[1]
    learnt = np.delete(np.arange(len(records)), held)
    counts = np.bincount(codes[learnt], minlength=codes.max() + 1)
    sums = np.bincount(codes[learnt], liked[learnt], minlength=codes.max() + 1)
    return np.asarray(((sums + 5 * liked.mean()) / (counts + 5))[codes[held]])


def vocabulary(records: Sequence[Mapping[str, Any]], before: Before) -> list[str]:
    """Return all values of the records' fields, as lines `field=value` in a fixed order."""
    return sorted(
        {f"{name}={value}" for record in records for name in before.places for value in values(record, name, before)}
    )


def _rows(name: str) -> Iterator[list[str]]:
    lines = iter(sample(name).splitlines())
    next(lines)  # the names of the columns
    return (line.split("\t") for line in lines)
