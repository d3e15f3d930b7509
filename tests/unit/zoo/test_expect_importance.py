import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks import RankedWord
from zoo import expect

ANSWER = [[RankedWord("北京", "LOC", 2), RankedWord("天气", "n", 3)], [RankedWord("a=b", "nz", 1)]]


@pytest.mark.parametrize(("words", "within"), [("北京=2 天气=3 a=b=1", 0), ("北京=1 天气=3 a=b=2", 1)])
def test_words_and_levels_that_fit_are_told(words: str, within: int) -> None:
    expected = expect.read("word-importance", {"words": words, "within": within})
    assert expected.check(ANSWER) == f"all 3 words weigh what they should, within {within} of 3 levels"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("北京=1 天气=3 a=b=1", ANSWER),
        ("北京=2 天气=3", ANSWER),
        ("北京=2 天=3 a=b=1", ANSWER),
        ("北京=2", []),
    ],
)
def test_a_level_or_a_word_that_differs_is_a_bad_answer(words: str, answer: list[list[RankedWord]]) -> None:
    with pytest.raises(expect.BadAnswer, match="expected '北京="):
        expect.read("word-importance", {"words": words}).check(answer)


def test_a_word_needs_a_level() -> None:
    with pytest.raises(BadInput, match="'天气=9' has no level"):
        expect.read("word-importance", {"words": "北京=2 天气=9"})
