import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving_kit.compat.app.reader import OCRReader
from serving_kit.errors import BadInput, NotFound

NAME = "save_infer_model/scale_0.tmp_1"


@pytest.fixture
def reader(tmp_path: Path) -> OCRReader:
    (tmp_path / "keys.txt").write_text("a\nb\n", encoding="utf-8")
    return OCRReader(char_dict_path=str(tmp_path / "keys.txt"))


def line(height: int, width: int, value: int = 255) -> Any:
    return np.full((height, width, 3), value, dtype=np.uint8)


def test_a_line_has_full_height_and_zeros_at_its_right(reader: OCRReader) -> None:
    tensor = reader.resize_norm_img(line(16, 40), 5.0)
    assert (tensor.shape, tensor.dtype) == ((3, 32, 160), np.float32)
    assert tensor[:, :, :80].min() == 1
    assert tensor[:, :, 80:].max() == 0
    assert reader.resize_norm_img(line(16, 400, 0), 5.0).max() == -1, "a longer line is squeezed"


def test_the_first_line_is_as_wide_as_the_widest(reader: OCRReader) -> None:
    assert reader.preprocess([line(32, 64), line(16, 160)]).shape == (3, 32, 320)
    with pytest.raises(BadInput, match="no line to read"):
        reader.preprocess([])


def test_digits_and_letters_have_the_width_they_were_given() -> None:
    assert OCRReader(char_type="en").resize_norm_img(line(16, 40), 5.0).shape == (3, 32, 320)


def test_probabilities_become_text_and_the_mean_of_its_characters(reader: OCRReader) -> None:
    # Classes: blank, a, b, space.
    steps = [[0, 0.8, 0, 0], [0, 0.9, 0, 0], [1, 0, 0, 0], [0, 0.6, 0, 0], [0, 0, 0.7, 0], [0, 0, 0, 0.9]]
    ((text, score),) = reader.postprocess_ocrv2({NAME: np.array([steps], dtype=np.float32)}, with_score=True)
    assert text == "aab "
    assert score == pytest.approx((0.8 + 0.6 + 0.7 + 0.9) / 4)


def test_an_answer_that_does_not_fit_is_named(reader: OCRReader) -> None:
    with pytest.raises(BadInput, match="4 characters need"):
        reader.postprocess_ocrv2({NAME: np.zeros((1, 2, 9), dtype=np.float32)})
    with pytest.raises(BadInput, match=f"lacks {NAME}; it holds"):
        reader.postprocess_ocrv2({"y": np.zeros(1)})
    with pytest.raises(BadInput, match=r"lacks ctc_greedy_decoder_0\.tmp_0 or its lod"):
        reader.postprocess({})


def packed() -> dict[str, Any]:
    probabilities = np.array([[0.9, 0, 0.1], [0, 0.1, 0.9], [0, 0.7, 0.3], [0.1, 0.2, 0.7]], dtype=np.float32)
    return {
        "ctc_greedy_decoder_0.tmp_0": np.array([[0], [1], [2], [1]]),
        "ctc_greedy_decoder_0.tmp_0.lod": [0, 3, 4],
        "softmax_0.tmp_0": probabilities,
        "softmax_0.tmp_0.lod": [0, 3, 4],
    }


def test_decoded_indices_become_text(reader: OCRReader) -> None:
    assert reader.postprocess(packed()) == [["ab"], ["b"]]
    (one, first), (other, second) = reader.postprocess(packed(), with_score=True)
    assert (one, first) == ("ab", pytest.approx(0.8)), "the mean of 0.9 and 0.7; the step between is blank"
    assert other == "b"
    assert math.isnan(second), "every step is blank"


def test_a_missing_file_of_characters_is_named() -> None:
    with pytest.raises(NotFound, match="no file of characters nowhere"):
        OCRReader(char_dict_path="nowhere")
