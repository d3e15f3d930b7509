"""Sequences of different lengths as one array."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from serving_kit.errors import BadInput

__all__ = ["pad_batch_data"]


def pad_batch_data(  # noqa: PLR0917 - the old signature
    insts: Sequence[Sequence[int]],
    pad_idx: int = 0,
    max_seq_len: int = 128,
    return_pos: bool = False,
    return_input_mask: bool = False,
    return_max_len: bool = False,
    return_num_token: bool = False,
    return_seq_lens: bool = False,
) -> Any:
    """Return int64 [N, max_seq_len, 1], filled up with `pad_idx`; a list of it and what else is asked for.

    In this order: positions [N, max_seq_len, 1], the mask of what is no filling [N, max_seq_len, 1], the length
    `max_seq_len`, the number of all tokens, and the lengths int64 [N, 1]. BadInput where a sequence is longer.
    """
    lengths = [len(inst) for inst in insts]
    if max(lengths, default=0) > max_seq_len:
        raise BadInput(f"a sequence has {max(lengths)} tokens; cut it to {max_seq_len} or raise max_seq_len")
    data, positions = (np.full((len(lengths), max_seq_len, 1), pad_idx, dtype=np.int64) for _ in range(2))
    mask = np.zeros((len(lengths), max_seq_len, 1), dtype=np.int64)
    for row, inst in enumerate(insts):
        data[row, : len(inst), 0] = inst
        positions[row, : len(inst), 0] = np.arange(len(inst))
        mask[row, : len(inst)] = 1
    further = (
        (return_pos, positions),
        (return_input_mask, mask),
        (return_max_len, max_seq_len),
        (return_num_token, sum(lengths)),
        (return_seq_lens, np.array(lengths, dtype=np.int64).reshape(-1, 1)),
    )
    found = [data, *(value for is_wanted, value in further if is_wanted)]
    return found if len(found) > 1 else data
