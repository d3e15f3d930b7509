from pathlib import Path

import pytest

from serving_kit.codecs import prototxt
from serving_kit.errors import ModelFileError
from serving_kit.types import ElementType, TensorSpec

# The pair that Paddle Serving 0.9 ships for its uci_housing example.
UCI_TEXT = """feed_var {
  name: "x"
  alias_name: "x"
  is_lod_tensor: false
  feed_type: 1
  shape: 13
}
fetch_var {
  name: "fc_0.tmp_1"
  alias_name: "price"
  is_lod_tensor: false
  fetch_type: 1
  shape: 1
}
"""
UCI_STREAM = bytes.fromhex(
    "0a0c0a01781201781800200128 0d12190a0a66635f302e746d705f31120570726963651800200128 01".replace(" ", "")
)
UCI_FEED = TensorSpec("x", "x", ElementType.FP32, (-1, 13))
UCI_FETCH = TensorSpec("fc_0.tmp_1", "price", ElementType.FP32, (-1, 1))


def test_both_files_equal_paddle_servings_own(tmp_path: Path) -> None:
    path = prototxt.write(tmp_path, prototxt.SERVER_CONF, [UCI_FEED], [UCI_FETCH])
    assert path.read_text() == UCI_TEXT
    assert (tmp_path / "serving_server_conf.stream.prototxt").read_bytes() == UCI_STREAM


def test_paddle_servings_own_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / prototxt.SERVER_CONF
    path.write_text(UCI_TEXT)
    assert prototxt.read(path) == (
        (TensorSpec("x", "x", ElementType.FP32, (13,)),),
        (TensorSpec("fc_0.tmp_1", "price", ElementType.FP32, (1,)),),
    )


def test_open_axes_are_dropped_and_a_sequence_has_one() -> None:
    image = TensorSpec("image", "image", ElementType.FP32, (-1, 3, -1, -1))
    words = TensorSpec("words", "words", ElementType.INT64, (-1, 1), is_lod=True)
    text = prototxt.text([image, words], [UCI_FETCH])
    assert text.count("shape: 3\n") == 1
    assert "is_lod_tensor: true\n  feed_type: 0\n  shape: -1\n" in text


def test_a_variable_without_alias_goes_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / prototxt.SERVER_CONF
    path.write_text('feed_var { name: "x" feed_type: 1 } fetch_var { name: "y" }')
    (feed,), (fetch,) = prototxt.read(path)
    assert (feed.alias, fetch.alias, fetch.element_type) == ("x", "y", ElementType.INT64)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"feed_var {", "is not a Paddle Serving prototxt"),
        (b"\xff\xfe", "is not a Paddle Serving prototxt"),
        (b"", "lists no feed_var"),
        (b'feed_var { name: "x" feed_type: 14 } fetch_var { name: "y" }', "unknown element type 14"),
    ],
)
def test_what_is_no_prototxt_is_one_sentence(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / prototxt.SERVER_CONF
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=complaint):
        prototxt.read(path)


def test_a_missing_file_names_the_converter(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="cannot be read; convert the model with"):
        prototxt.read(tmp_path / prototxt.SERVER_CONF)
