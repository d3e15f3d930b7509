from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from serving_kit import tasks
from serving_kit.errors import BadInput, ModelFileError
from serving_kit.spec import Port, Spec
from serving_kit.tasks.face_embedding import similarities

WORDS = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "a": 4, "cat": 5, "ran": 6}


def port(name: str, dtype: str = "int64") -> Port:
    return Port(name=name, alias=name, dtype=dtype, shape=(-1, -1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tokenizer = Tokenizer(models.WordPiece(WORDS, unk_token="[UNK]"))  # noqa: S106 - no password
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


def load(folder: Path, inputs: int = 2, **before: object) -> tasks.Task:
    Spec(
        name="tiny",
        task="sentence-embedding",
        inputs=tuple(port(name) for name in ("ids", "mask", "kinds")[:inputs]),
        outputs=(port("direction", "float32"),),
        preprocess=before,
    ).write(folder)
    return tasks.load(folder)


def test_shorter_sentences_are_filled_up_and_masked(folder: Path) -> None:
    feeds = load(folder).preprocess(["a cat ran", "cat"]).feeds
    assert {name: array.dtype.name for name, array in feeds.items()} == {"ids": "int64", "mask": "int64"}
    np.testing.assert_array_equal(feeds["ids"], [[2, 4, 5, 6, 3], [2, 5, 3, 0, 0]])
    np.testing.assert_array_equal(feeds["mask"], [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])


def test_one_sentence_is_a_list_of_one(folder: Path) -> None:
    np.testing.assert_array_equal(load(folder).preprocess("a dog").feeds["ids"], [[2, 4, 1, 3]])


def test_what_is_longer_is_cut_off_before_the_last_mark(folder: Path) -> None:
    np.testing.assert_array_equal(load(folder, longest=4).preprocess("a cat ran").feeds["ids"], [[2, 4, 5, 3]])


def test_answers_are_directions(folder: Path) -> None:
    task = load(folder)
    outputs = {"direction": np.array([[3, 4], [4, -3]], np.float32)}
    answer = task.postprocess(outputs, task.preprocess(["a", "cat"]))
    assert answer[0].values == pytest.approx((0.6, 0.8))
    np.testing.assert_allclose(similarities(answer), np.eye(2), atol=1e-7)


@pytest.mark.parametrize("sample", [7, [], "", ["a", " "], ["a", None], b"a"])
def test_what_is_no_sentence_is_refused(folder: Path, sample: object) -> None:
    with pytest.raises(BadInput, match="give a sentence as text, or a list of sentences"):
        load(folder).preprocess(sample)


def test_a_file_that_describes_no_tokenizer_is_named(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelFileError, match=r"tokenizer\.json describes no tokenizer"):
        load(folder)


def test_a_model_with_other_inputs_is_refused(folder: Path) -> None:
    with pytest.raises(BadInput, match="'tiny' has 3 inputs; this task feeds words and mask"):
        load(folder, inputs=3)
