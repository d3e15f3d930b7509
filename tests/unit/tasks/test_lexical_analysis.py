import numpy as np
import pytest

from serving_kit.errors import BadInput, ModelFileError
from serving_kit.tasks import Word
from serving_kit.tasks.lexical_analysis import cut, join
from serving_kit.tasks.segment import FewestWords

FILES = {
    "word.dic": "0\t我\n1\t爱\n2\t北\n3\t京\n4\tA\n5\t北京\n9\tOOV\nbroken line\n",
    "q2b.dic": "Ａ\tA\n",
    "tag.dic": "0\tr-B\n1\tr-I\n2\tv-B\n3\tv-I\n4\tLOC-B\n5\tLOC-I\n",
    "seg.dic": "北京 20\n我爱 3\n",
}


@pytest.fixture
def load(make):
    return lambda **before: make("lexical-analysis", files=FILES, labels="tag.dic", preprocess=before)


def test_sentences_travel_packed_with_their_offsets(load):
    feeds = load().preprocess(["我爱北京", "Ａ?"]).feeds
    assert feeds["x"].dtype == np.int64
    assert feeds["x"].tolist() == [[0], [1], [2], [3], [4], [9]]
    assert feeds["x.lod"].tolist() == [0, 4, 6]


def test_tags_become_words_of_each_sentence(load):
    task = load()
    prepared = task.preprocess(["我爱北京", "北京"])
    answer = task.postprocess({"y": np.array([[0], [2], [4], [5], [4], [5]])}, prepared)
    assert answer == [[Word("我", "r"), Word("爱", "v"), Word("北京", "LOC")], [Word("北京", "LOC")]]


def test_an_empty_sentence_has_no_words_and_disturbs_no_other(load):
    task = load()
    prepared = task.preprocess(["", "北京", ""])
    assert prepared.feeds["x.lod"].tolist() == [0, 1, 3, 4]
    answer = task.postprocess({"y": np.array([[2], [4], [5], [2]])}, prepared)
    assert answer == [[], [Word("北京", "LOC")], []]


def test_an_over_long_sentence_is_cut_and_joined_again(load):
    task = load(longest=3)
    prepared = task.preprocess("我，爱北京")
    assert prepared.feeds["x.lod"].tolist() == [0, 2, 5]
    (words,) = task.postprocess({"y": np.array([[0], [2], [2], [4], [5]])}, prepared)
    assert [word.word for word in words] == ["我", "，", "爱", "北京"]


def test_a_sentence_without_stops_is_cut_where_it_must_be():
    assert cut("abcdefg", 3) == ["abc", "def", "g"]
    assert cut("ab。cd", 4) == ["ab。", "cd"]
    assert cut("abc", 3) == ["abc"]
    assert cut("", 3) == [""]


def test_words_of_the_vocabulary_take_one_row_where_a_segmenter_is_given(load):
    task = load(segments="seg.dic")
    prepared = task.preprocess("我爱北京")
    assert prepared.feeds["x"].tolist() == [[0], [1], [5]]  # 我爱 is a word, but not one the model knows
    assert task.postprocess({"y": np.array([[0], [2], [4]])}, prepared)[0][2] == Word("北京", "LOC")


def test_the_fewest_words_win_and_letters_stay_together():
    segment = FewestWords(["研究 1", "研究生 1", "生命 1", "生命起源 1", "起源 1"])
    assert segment("研究生命起源") == ["研究", "生命起源"]
    assert segment("研究生命") == ["研究生", "命"]  # as few either way: the longest comes first
    assert segment("研究GPT4起源") == ["研究", "GPT4", "起源"]
    assert segment("") == []


def test_a_word_takes_the_tag_of_its_last_part():
    assert join("abcd", ["n-B", "v-I", "-S", "O"]) == [Word("ab", "v"), Word("c", ""), Word("d", "O")]


def test_tags_that_only_say_where_a_word_ends_leave_words_alone(make):
    tags = "0\t-B\n1\t-I\n2\t-E\n3\t-S\n"
    task = make("lexical-analysis", files={**FILES, "tag.dic": tags}, labels="tag.dic")
    (words,) = task.postprocess({"y": np.array([[3], [3], [0], [2]])}, task.preprocess("我爱北京"))
    assert words == [Word("我", ""), Word("爱", ""), Word("北京", "")]
    assert [str(word) for word in words] == ["我", "爱", "北京"]


@pytest.mark.parametrize("sample", [3, ["我", None], []])
def test_what_is_no_sentence_is_refused(load, sample):
    with pytest.raises(BadInput, match="sentence"):
        load().preprocess(sample)


def test_an_answer_that_does_not_fit_is_refused(load):
    task = load()
    prepared = task.preprocess("我爱")
    for tags in ([[0]], [[0], [77]]):
        with pytest.raises(BadInput, match=r"for 2 rows, or tags that tag\.dic lacks"):
            task.postprocess({"y": np.array(tags)}, prepared)


def test_a_vocabulary_without_the_unknown_is_refused(make):
    with pytest.raises(ModelFileError, match=r"'OOV' in word\.dic"):
        make("lexical-analysis", files={**FILES, "word.dic": "0\t我\n"}, labels="tag.dic")
