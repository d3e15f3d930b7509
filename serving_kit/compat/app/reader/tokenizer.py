"""BERT's tokens: words, punctuation and Chinese characters, then the longest pieces that a vocabulary knows."""

import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from serving_kit.errors import NotFound

__all__ = ["BasicTokenizer", "FullTokenizer", "WordpieceTokenizer", "convert_to_unicode", "load_vocab"]

_UNKNOWN = "[UNK]"
# The blocks of Chinese characters: each is a word of its own (Unicode 13, CJK Unified and Compatibility Ideographs).
_CHINESE = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)


def convert_to_unicode(text: str | bytes) -> str:
    """Return text as it is, and bytes as UTF-8 without what is none."""
    return text.decode("utf-8", "ignore") if isinstance(text, bytes) else text


def load_vocab(vocab_file: str | Path) -> dict[str, int]:
    """Return ids by token of a file with a token a line, or a token, a tab and its id."""
    if not Path(vocab_file).is_file():
        raise NotFound(f"no vocabulary {vocab_file}; give a file with a token a line")
    vocabulary = {}
    for number, line in enumerate(Path(vocab_file).read_text(encoding="utf-8").split("\n")):
        token, _, index = line.strip().partition("\t")
        if token:
            vocabulary[token.strip()] = int(index or number)
    return vocabulary


class BasicTokenizer:
    """Cuts text at blanks, around punctuation and around Chinese characters; drops what cannot be printed."""

    def __init__(self, do_lower_case: bool = True) -> None:
        self.do_lower_case = do_lower_case

    def tokenize(self, text: str | bytes) -> list[str]:
        """Return the words; with `do_lower_case` small and without accents."""
        words = "".join(map(_spaced, convert_to_unicode(text))).split()
        return [part for word in words for part in _parts(self._plain(word))]

    def _plain(self, word: str) -> str:
        if not self.do_lower_case:
            return word
        return "".join(one for one in unicodedata.normalize("NFD", word.lower()) if unicodedata.category(one) != "Mn")


def _spaced(character: str) -> str:
    category = unicodedata.category(character)
    if character in "\t\n\r" or category == "Zs":
        return " "
    if category.startswith("C") or character == "\ufffd":
        return ""
    is_chinese = any(first <= ord(character) <= last for first, last in _CHINESE)
    return f" {character} " if is_chinese else character


def _parts(word: str) -> Iterator[str]:
    part = ""
    for character in word:
        if _is_punctuation(character):
            if part:
                yield part
            yield character
            part = ""
        else:
            part += character
    if part:
        yield part


def _is_punctuation(character: str) -> bool:
    is_sign = character.isascii() and character.isprintable() and not character.isalnum() and character != " "
    return is_sign or unicodedata.category(character).startswith("P")


class WordpieceTokenizer:
    """Cuts words into the longest pieces of a vocabulary, those after the first written with ## before them."""

    def __init__(self, vocab: dict[str, int], unk_token: str = _UNKNOWN, max_input_chars_per_word: int = 100) -> None:
        self.vocab = vocab
        self.unk_token = unk_token
        self.max_input_chars_per_word = max_input_chars_per_word

    def tokenize(self, text: str | bytes) -> list[str]:
        """Return the pieces; a word that cannot be made of known ones is one unknown token."""
        return [piece for word in convert_to_unicode(text).split() for piece in self._pieces(word)]

    def _pieces(self, word: str) -> list[str]:
        pieces: list[str] = []
        start = 0
        while start < len(word) <= self.max_input_chars_per_word:
            mark = "##" if start else ""
            ends = (end for end in range(len(word), start, -1) if mark + word[start:end] in self.vocab)
            end = next(ends, None)
            if end is None:
                return [self.unk_token]
            pieces.append(mark + word[start:end])
            start = end
        return pieces or [self.unk_token]


class FullTokenizer:
    """Both of them, by a vocabulary file."""

    def __init__(self, vocab_file: str | Path, do_lower_case: bool = True) -> None:
        self.vocab = load_vocab(vocab_file)
        self.inv_vocab = {index: token for token, index in self.vocab.items()}
        self._basic = BasicTokenizer(do_lower_case)
        self._pieces = WordpieceTokenizer(self.vocab)

    def tokenize(self, text: str | bytes) -> list[str]:
        """Return the tokens of a text."""
        return [piece for word in self._basic.tokenize(text) for piece in self._pieces.tokenize(word)]

    def convert_tokens_to_ids(self, tokens: Iterable[str]) -> list[int]:
        """Return the id of each token; KeyError for one that the vocabulary does not have."""
        return [self.vocab[token] for token in tokens]

    def convert_ids_to_tokens(self, ids: Iterable[int]) -> list[str]:
        """Return the token of each id; KeyError for one that the vocabulary does not have."""
        return [self.inv_vocab[index] for index in ids]
