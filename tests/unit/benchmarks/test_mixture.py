"""The seeded requests of the models whose requests differ in size."""

import numpy as np

from benchmarks.mixture import cut, sentences


def test_a_cut_has_its_size_and_is_part_of_the_picture() -> None:
    photo = np.arange(5 * 6, dtype=np.float32).reshape(1, 1, 5, 6)
    part = cut(photo, (3, 4), np.random.default_rng(0))
    assert part.shape == (1, 1, 3, 4)
    first = int(part[0, 0, 0, 0])
    row, column = divmod(first, 6)
    expected = photo.take(range(row, row + 3), 2, mode="wrap").take(range(column, column + 4), 3, mode="wrap")
    assert (part == expected).all()


def test_a_cut_larger_than_the_picture_begins_anew() -> None:
    photo = np.arange(4, dtype=np.float32).reshape(1, 1, 2, 2)
    part = cut(photo, (4, 4), np.random.default_rng(0))
    assert (part[..., :2, :] == part[..., 2:, :]).all()
    assert (part[..., :2] == part[..., 2:]).all()


def test_sentences_are_the_same_each_time_and_hold_no_padding() -> None:
    first, again = sentences(), sentences()
    assert all((one == other).all() for one, other in zip(first, again, strict=True))
    assert all(tokens.min() > 0 and 16 <= tokens.shape[1] <= 128 for tokens in first)
    assert len({tokens.shape for tokens in first}) > 4
