"""What processes hold of this machine: memory, threads, open files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import psutil

MB = 1e6


@dataclass(frozen=True)
class Footprint:
    """Of one or several processes together; `pss_bytes` shares memory out among those that use it."""

    rss_bytes: int
    pss_bytes: int
    threads: int
    descriptors: int


def footprint(pid: int) -> Footprint:
    """Return what a process and all its children hold now."""
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    memory = [member.memory_full_info() for member in family]
    return Footprint(
        rss_bytes=sum(each.rss for each in memory),
        pss_bytes=sum(each.pss for each in memory),
        threads=sum(member.num_threads() for member in family),
        descriptors=sum(member.num_fds() for member in family),
    )


def growth_bytes(held_bytes: Sequence[int]) -> int:
    """Return by how much memory grew between the second quarter and the last of evenly spaced samples.

    The first quarter is left out, for then buffers and pools reach their size; medians let single peaks pass.
    """
    quarter = max(1, len(held_bytes) // 4)
    return int(np.median(held_bytes[-quarter:]) - np.median(held_bytes[quarter : 2 * quarter] or held_bytes[:1]))


def megabytes(sizes_bytes: Iterable[int]) -> str:
    """Write sizes in megabytes, one after the other."""
    return ", ".join(f"{size / MB:.0f}" for size in sizes_bytes)
