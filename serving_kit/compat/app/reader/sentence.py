"""Readers of sentences: words or characters as the ids of a vocabulary."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from serving_kit.compat.app.reader.resource import dictionaries, vocabulary
from serving_kit.errors import BadInput, NotFound

__all__ = ["IMDBDataset", "LACReader", "SentaReader"]

_MARKS = re.compile(r"(;|,|\.|\?|!|\s|\(|\))")


class IMDBDataset:
    """Reads film reviews; call `load_resource` first."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}

    def load_resource(self, dictfile: str) -> None:
        """Read a vocabulary with a word a line; unknown words get the id after the last."""
        self._ids = {line.strip(): number for number, line in enumerate(_lines(dictfile))}

    def get_words_only(self, line: str) -> list[int]:
        """Return the ids of a review's words and punctuation marks."""
        words = [word for word in _MARKS.split(line.lower().replace("<br />", " ").strip()) if word and word != " "]
        return [self._ids.get(word, len(self._ids)) for word in words]

    def get_words_and_label(self, line: str) -> tuple[list[int], list[int]]:
        """Return the ids and, in a list, the label of `REVIEW|LABEL`; BadInput where there is no label."""
        review, _, label = line.strip().rpartition("|")
        if not label.strip().isdecimal():
            raise BadInput(f"{line.strip()[:80]!r} ends in no label; write the review, | and 0 or 1")
        return self.get_words_only(review), [int(label)]


class LACReader:
    """Reads Chinese sentences for LAC by the three dictionaries of `dict_folder` (default: the vendor's)."""

    def __init__(self, dict_folder: str | Path = "") -> None:
        folder = Path(dict_folder or dictionaries("lac_dict", "reader/lac/lac_dict.tar.gz"))
        self.id2word_dict = dict(_pairs(folder / "word.dic"))
        self.id2label_dict = dict(_pairs(folder / "tag.dic"))
        self.word_replace_dict = dict(_pairs(folder / "q2b.dic"))
        self.word2id_dict = {word: int(index) for index, word in self.id2word_dict.items()}
        self.label2id_dict = {label: int(index) for index, label in self.id2label_dict.items()}

    @property
    def vocab_size(self) -> int:
        """How many ids words have."""
        return max(self.word2id_dict.values()) + 1

    @property
    def num_labels(self) -> int:
        """How many ids labels have."""
        return max(self.label2id_dict.values()) + 1

    def word_to_ids(self, words: Iterable[str]) -> list[int]:
        """Return the id of each character, of its half-width form, or of OOV."""
        known = (self.word_replace_dict.get(word, word) for word in words)
        return [self.word2id_dict.get(word, self.word2id_dict["OOV"]) for word in known]

    def label_to_ids(self, labels: Iterable[str]) -> list[int]:
        """Return the id of each label, or of O."""
        return [self.label2id_dict.get(label, self.label2id_dict["O"]) for label in labels]

    def process(self, sent: str) -> list[int]:
        """Return the ids of a sentence's characters."""
        return self.word_to_ids(sent.strip())

    def parse_result(self, words: str, crf_decode: Sequence[Sequence[int]]) -> list[str]:
        """Return the words of a sentence by the label ids [T, 1] of its characters.

        A word begins at each -B, and at an O that follows something else.
        """
        labels = [self.id2label_dict[str(int(row[0]))] for row in crf_decode]
        found: list[str] = []
        for index, (character, label) in enumerate(zip(words, labels, strict=False)):
            begins = label.endswith("-B") or (label == "O" and labels[index - 1] != "O")
            if begins or not found:
                found.append(character)
            else:
                found[-1] += character
        return found


class SentaReader:
    """Reads sentences that are cut into words already; `vocab_path` default: the vendor's."""

    def __init__(self, vocab_path: str = "", max_seq_len: int = 20) -> None:
        self.max_seq_len = max_seq_len
        path = vocab_path or vocabulary("senta_vocab.txt", "reader/senta/senta_vocab.txt")
        self.word_dict = self.load_vocab(path)

    @staticmethod
    def load_vocab(vocab_path: str | Path) -> dict[str, int]:
        """Return ids by word of a file with a word, a tab and its id a line, and one more for `<unk>`."""
        ids: dict[str, int] = {}
        for line in _lines(vocab_path):
            word, _, index = line.strip().rpartition("\t")
            ids[word] = int(index)
        ids["<unk>"] = len(ids)
        return ids

    def process(self, cols: Iterable[str]) -> list[int]:
        """Return the id of each word; an unknown one's is the number of entries, the id that the models learned."""
        return [self.word_dict.get(word, len(self.word_dict)) for word in cols]


def _lines(path: str | Path) -> list[str]:
    if not Path(path).is_file():
        raise NotFound(f"no vocabulary {path}; give a text file with an entry a line")
    return Path(path).read_text(encoding="utf-8").removesuffix("\n").split("\n")


def _pairs(path: Path) -> list[tuple[str, str]]:
    fields = [line.strip("\n").split("\t") for line in _lines(path)]
    return [(pair[0], pair[1]) for pair in fields if len(pair) == 2]
