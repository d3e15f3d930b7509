import numpy as np
import pytest

from serving_kit.errors import BadInput, ModelFileError
from serving_kit.spec import Port, Spec
from serving_kit.tasks import RankedWord, Word, load

FILES = {
    "word.dic": "0\t我\n1\t爱\n2\t北\n3\t京\n4\t北京\n9\tOOV\n",
    "q2b.dic": "Ａ\tA\n",
    "tag.dic": "0\tr-B\n1\tr-I\n2\tv-B\n3\tv-I\n4\tLOC-B\n5\tLOC-I\n6\tO\n",
    "seg.dic": "北京 20\n我爱 3\n",
}
SENTENCE = [Word("我", "r"), Word("爱", "v"), Word("北京", "LOC")]


@pytest.fixture
def load_task(tmp_path):
    def build(inputs=("word", "entity"), **before):
        for filename, text in FILES.items():
            (tmp_path / filename).write_text(text, encoding="utf-8")
        ports = [Port(name=name, alias=name, dtype="int64", shape=(-1, 1), lod=True) for name in inputs]
        answer = Port(name="out", alias="importance", dtype="int64", shape=(-1,), lod=True)
        spec = {"name": "m", "task": "word-importance", "inputs": ports, "outputs": [answer], "labels": "tag.dic"}
        Spec.model_validate({**spec, "preprocess": before}).write(tmp_path)
        return load(tmp_path)

    return build


def test_characters_travel_with_the_tags_of_their_words(load_task):
    feeds = load_task().preprocess(SENTENCE).feeds
    assert feeds["word"].tolist() == [[0], [1], [2], [3]]
    assert feeds["entity"].tolist() == [[0], [2], [4], [5]]
    assert feeds["word.lod"].tolist() == feeds["entity.lod"].tolist() == [0, 4]
    assert feeds["word"].dtype == feeds["entity"].dtype == np.int64


def test_a_text_of_words_and_tags_is_a_sample_too(load_task):
    task = load_task()
    said, built = task.preprocess("我/r 爱/v 北京/LOC").feeds, task.preprocess(SENTENCE).feeds
    assert {name: said[name].tolist() for name in said} == {name: built[name].tolist() for name in built}


def test_sentences_are_packed_together_and_answered_apart(load_task):
    task = load_task()
    prepared = task.preprocess([SENTENCE, "我/O"])
    assert prepared.feeds["entity"].ravel().tolist() == [0, 2, 4, 5, 6]  # a tag without places keeps its only id
    assert prepared.feeds["word.lod"].tolist() == [0, 4, 5]
    answer = task.postprocess({"importance": np.array([1, 0, 2, 3, 1])}, prepared)
    assert answer == [
        [RankedWord("我", "r", 1), RankedWord("爱", "v", 0), RankedWord("北京", "LOC", 3)],
        [RankedWord("我", "O", 1)],
    ]
    assert repr(answer[0]) == "[我=1, 爱=0, 北京=3]"


def test_a_dictionary_word_takes_one_row_with_the_tag_it_begins_with(load_task):
    task = load_task(segments="seg.dic")
    prepared = task.preprocess(SENTENCE)
    assert prepared.feeds["word"].tolist() == [[0], [1], [4]]
    assert prepared.feeds["entity"].tolist() == [[0], [2], [4]]
    assert task.postprocess({"importance": np.array([1, 0, 3])}, prepared)[0][2].importance == 3


def test_a_unit_across_two_words_weighs_for_both(load_task):
    task = load_task(segments="seg.dic")
    prepared = task.preprocess("北/LOC 京/LOC")
    assert prepared.feeds["word"].tolist() == [[4]]
    assert [word.importance for word in task.postprocess({"importance": np.array([2])}, prepared)[0]] == [2, 2]


@pytest.mark.parametrize(
    "sample", [3, "我爱北京", [], [[]], [SENTENCE, "我"], [*SENTENCE, None], "/r", [[Word("", "r")]]]
)
def test_what_is_no_sentence_of_words_is_refused(load_task, sample):
    with pytest.raises(BadInput, match=r"sentence|word"):
        load_task().preprocess(sample)


def test_a_tag_nobody_knows_is_refused_with_those_that_are_known(load_task):
    with pytest.raises(BadInput, match=r"'xx' is no tag of tag\.dic; use one of \['LOC', 'O', 'r', 'v'\]"):
        load_task().preprocess("我/xx")


def test_an_answer_with_other_rows_is_refused(load_task):
    task = load_task()
    with pytest.raises(BadInput, match="has 3 rows for the 4 that were sent"):
        task.postprocess({"importance": np.array([1, 2, 3])}, task.preprocess(SENTENCE))


def test_a_model_without_an_input_for_tags_is_refused(load_task):
    with pytest.raises(ModelFileError, match=r"has inputs \['word'\]"):
        load_task(inputs=("word",))
