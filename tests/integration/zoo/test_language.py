"""Models of Chinese, asked what their makers and their readers say of them."""

import functools

import pytest

import zoo
from serving_kit import tasks
from tests.integration.zoo.asking import Asker

pytestmark = pytest.mark.integration


@functools.cache
def asker(name: str) -> Asker:
    card = zoo.load(name)
    return Asker(zoo.convert(card, zoo.fetch(card)))


@pytest.mark.parametrize(
    ("text", "ranked"),
    [
        ("LAC是个优秀的分词工具", "LAC=3 是=0 个=0 优秀=2 的=0 分词=3 工具=1"),
        ("百度是一家高科技公司", "百度=3 是=0 一家=2 高科技=3 公司=1"),
    ],
)
def test_two_models_in_a_row_answer_what_the_readme_of_lac_says(text: str, ranked: str) -> None:
    tagger, ranker = asker("lac"), asker("lac-rank")
    lexer = tasks.load(zoo.convert(zoo.load("lac"), zoo.fetch(zoo.load("lac"))))
    lexer.vocabulary.segment = ranker.task.vocabulary.segment
    (words,) = ranker(tasks.ask(lexer, tagger._predict, text))
    assert " ".join(map(str, words)) == ranked


@pytest.mark.parametrize("text", ["研究生 命令", "研究 生命 起源", "结婚 的 和 尚未 结婚 的"])
def test_what_follows_decides_where_a_word_ends(text: str) -> None:
    assert " ".join(map(str, asker("lac-seg")(text.replace(" ", ""))[0])) == text


def test_the_borrowed_program_packs_sentences_as_it_takes_them_alone() -> None:
    ask = asker("jieba-lac-small")
    sentences = ["小王明天去上海", "李明昨天在北京大学图书馆读书", "谢谢你"]
    assert ask(sentences) == [ask(sentence)[0] for sentence in sentences]
    assert " ".join(map(str, ask(sentences)[0])) == "小王/PER 明天/TIME 去/v 上海/LOC"
