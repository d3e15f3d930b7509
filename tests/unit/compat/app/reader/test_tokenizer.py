from pathlib import Path

import pytest

from serving_kit.compat.app.reader import ChineseBertReader
from serving_kit.compat.app.reader.tokenizer import BasicTokenizer, FullTokenizer, WordpieceTokenizer, load_vocab
from serving_kit.errors import BadInput, NotFound

TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "中", "国", "a", "!"]


@pytest.fixture
def vocabulary(tmp_path: Path) -> str:
    (tmp_path / "vocab.txt").write_text("\n".join(TOKENS) + "\n", encoding="utf-8")
    return str(tmp_path / "vocab.txt")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, World!", ["hello", ",", "world", "!"]),
        ("中国a", ["中", "国", "a"]),
        ("Éa", ["ea"]),  # small and without its accent
        ("a\u00a0b\u3000c\td", ["a", "b", "c", "d"]),
        ("a\x00b\ufffdc\u200bd", ["abcd"]),
        ("$1^x“y”", ["$", "1", "^", "x", "“", "y", "”"]),
        ("中".encode(), ["中"]),
        ("", []),
    ],
)
def test_text_is_cut_at_blanks_signs_and_chinese_characters(text: str | bytes, words: list[str]) -> None:
    assert BasicTokenizer().tokenize(text) == words


def test_case_and_accents_may_stay() -> None:
    assert BasicTokenizer(do_lower_case=False).tokenize("Éa") == ["Éa"]


def test_words_are_cut_into_the_longest_known_pieces() -> None:
    pieces = WordpieceTokenizer({token: index for index, token in enumerate(TOKENS)}, max_input_chars_per_word=10)
    assert pieces.tokenize("unaffable a") == ["un", "##aff", "##able", "a"]
    assert pieces.tokenize("unx") == ["[UNK]"]
    assert pieces.tokenize("a" * 11) == ["[UNK]"]


def test_a_vocabulary_may_give_ids_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("a\t7\nb\t9\n", encoding="utf-8")
    assert load_vocab(tmp_path / "vocab.txt") == {"a": 7, "b": 9}
    with pytest.raises(NotFound, match="no vocabulary nowhere"):
        load_vocab("nowhere")


def test_tokens_and_ids_translate_both_ways(vocabulary: str) -> None:
    tokenizer = FullTokenizer(vocabulary)
    ids = tokenizer.convert_tokens_to_ids(tokenizer.tokenize("unaffable 中!"))
    assert ids == [4, 5, 6, 7, 10]
    assert tokenizer.convert_ids_to_tokens(ids) == ["un", "##aff", "##able", "中", "!"]


def test_a_sentence_becomes_four_inputs_of_one_length(vocabulary: str) -> None:
    reader = ChineseBertReader({"vocab_file": vocabulary, "max_seq_len": 6})
    assert reader.process("中国!") == {
        "input_ids": [2, 7, 8, 10, 0, 0],
        "position_ids": [0, 1, 2, 3, 0, 0],
        "segment_ids": [0, 0, 0, 0, 0, 0],
        "input_mask": [1, 1, 1, 1, 0, 0],
    }
    assert reader.process("中" * 9)["input_ids"] == [2, 7, 7, 7, 7, 0], "[CLS] and four, as there"


def test_the_inputs_may_have_other_names(vocabulary: str) -> None:
    reader = ChineseBertReader({"vocab_file": vocabulary})
    reader.set_feed_keys(["a", "b", "c", "d"])
    assert reader.get_feed_keys() == list(reader.process("中"))
    assert len(reader.process("中")["a"]) == 20


def test_sequences_of_different_lengths_become_one_array() -> None:
    from serving_kit.compat.app.reader.padding import pad_batch_data

    assert pad_batch_data([[1, 2], [3]], 9, 3)[:, :, 0].tolist() == [[1, 2, 9], [3, 9, 9]]
    data, positions, mask, longest, tokens, lengths = pad_batch_data([[1, 2], [3]], 9, 3, True, True, True, True, True)
    assert data.shape == positions.shape == mask.shape == (2, 3, 1)
    assert positions[:, :, 0].tolist() == [[0, 1, 9], [0, 9, 9]]
    assert mask[:, :, 0].tolist() == [[1, 1, 0], [1, 0, 0]]
    assert (longest, tokens, lengths.tolist()) == (3, 3, [[2], [1]])
    with pytest.raises(BadInput, match="a sequence has 4 tokens; cut it to 3"):
        pad_batch_data([[1, 2, 3, 4]], max_seq_len=3)
