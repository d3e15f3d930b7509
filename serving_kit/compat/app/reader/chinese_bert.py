"""`ChineseBertReader`: a sentence as the four inputs of Paddle Serving's BERT, and what readers of BERT share."""

from collections.abc import Mapping
from typing import Any

from serving_kit.compat.app.reader.padding import pad_batch_data
from serving_kit.compat.app.reader.resource import vocabulary
from serving_kit.compat.app.reader.tokenizer import FullTokenizer

__all__ = ["BertBaseReader", "ChineseBertReader"]


class BertBaseReader:
    """Base of readers whose caller may choose the names that they answer with."""

    def __init__(self) -> None:
        self.feed_keys: list[str] = []

    def set_feed_keys(self, keys: list[str]) -> None:
        """Set the names that `process` answers with, in its own order."""
        self.feed_keys = keys

    def get_feed_keys(self) -> list[str]:
        """Return those names."""
        return self.feed_keys


class ChineseBertReader(BertBaseReader):
    """`args`: `vocab_file` (default: the vendor's, fetched once) and `max_seq_len` (20)."""

    def __init__(self, args: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        settings = args or {}
        file = settings.get("vocab_file") or vocabulary("chinese_bert.txt", "reader/chinese_bert/vocab.txt")
        self.tokenizer = FullTokenizer(file)
        self.max_seq_len = int(settings.get("max_seq_len", 20))
        self.vocab = self.tokenizer.vocab
        self.pad_id = self.vocab["[PAD]"]
        self.set_feed_keys(["input_ids", "position_ids", "segment_ids", "input_mask"])

    def process(self, line: str | bytes) -> dict[str, list[int]]:
        """Return a list of `max_seq_len` numbers for each of the four names.

        The first token is [CLS]; no [SEP] follows, and at most `max_seq_len` - 2 tokens of the sentence are kept.
        """
        tokens = ["[CLS]", *self.tokenizer.tokenize(line)[: self.max_seq_len - 2]]
        ids = self.tokenizer.convert_tokens_to_ids(tokens)
        rows = (ids, list(range(len(ids))), [0] * len(ids))
        padded = [pad_batch_data([row], pad_idx=self.pad_id, max_seq_len=self.max_seq_len) for row in rows]
        mask = [1] * len(ids) + [0] * (self.max_seq_len - len(ids))
        values = [*(array.ravel().tolist() for array in padded), mask]
        return dict(zip(self.feed_keys, values, strict=True))
