import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks.text_recognition import decode

CHARACTERS = ("", "a", "b", " ")


def steps(path: str, probability: float = 0.7) -> np.ndarray:
    """One row a time step; "-" is the blank."""
    rows = np.full((len(path), 4), (1 - probability) / 3, np.float32)
    rows[np.arange(len(path)), ["-ab ".index(character) for character in path]] = probability
    return rows


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("aabb", "ab"),
        ("a-a", "aa"),  # only the blank keeps a doubled letter apart
        ("aa", "a"),
        ("-a--b-", "ab"),
        ("a b", "a b"),
        ("----", ""),
        ("", ""),
    ],
)
def test_repeats_merge_unless_a_blank_stands_between(path, text):
    assert decode(steps(path), CHARACTERS).text == text


def test_each_character_has_its_score_and_time_step():
    probabilities = np.concatenate([steps("-a", 0.9), steps("-b", 0.6)])
    read = decode(probabilities, CHARACTERS)
    assert [(one.character, one.step) for one in read.characters] == [("a", 1), ("b", 3)]
    assert [one.score for one in read.characters] == pytest.approx([0.9, 0.6])
    assert read.score == pytest.approx(0.75)
    assert decode(steps("--"), CHARACTERS).score == 0


def test_lines_are_scaled_and_padded_to_the_widest(make):
    task = make("text-recognition", files={"keys.txt": "a\nb\n"}, labels="keys.txt", preprocess={"narrowest_px": 64})
    narrow, wide = np.full((24, 16, 3), 255, np.uint8), np.full((24, 100, 3), 255, np.uint8)
    prepared = task.preprocess([narrow, wide])
    assert prepared.feeds["x"].shape == (2, 3, 48, 200)
    assert (prepared.feeds["x"][0, :, :, :32] == 1).all()
    assert (prepared.feeds["x"][0, :, :, 32:] == 0).all()
    assert task.preprocess(narrow).feeds["x"].shape == (1, 3, 48, 64)
    answer = task.postprocess({"y": np.stack([steps("aab"), steps("b a")])}, prepared)
    assert [line.text for line in answer] == ["ab", "b a"]


def test_an_over_long_line_is_squeezed(make):
    task = make("text-recognition", files={"keys.txt": "a"}, labels="keys.txt", preprocess={"widest_px": 400})
    assert task.preprocess(np.zeros((10, 1000, 3), np.uint8)).feeds["x"].shape == (1, 3, 48, 400)


def test_characters_may_be_spaces_and_odd_separators(make):
    task = make("text-recognition", files={"keys.txt": "a\n\u3000\n\u2028\nb\n"}, labels="keys.txt")
    assert task.characters == ("", "a", "\u3000", "\u2028", "b", " ")


def test_a_label_file_of_another_model_is_noticed():
    with pytest.raises(BadInput, match=r"shape \[3, 4\]; 3 characters need \[T, 3\]"):
        decode(steps("aab"), ("", "a", "b"))
    with pytest.raises(BadInput, match="need"):
        decode(np.zeros(4), CHARACTERS)


def test_recognition_needs_labels_images_and_an_answer_a_line(make):
    with pytest.raises(BadInput, match="names no labels"):
        make("text-recognition")
    task = make("text-recognition", files={"keys.txt": "a\nb"}, labels="keys.txt")
    with pytest.raises(BadInput, match="no images"):
        task.preprocess([])
    prepared = task.preprocess(np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(BadInput, match="2 lines; 1 were asked"):
        task.postprocess({"y": np.stack([steps("a"), steps("b")])}, prepared)
