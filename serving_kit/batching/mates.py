"""Which waiting requests share a run with the one whose turn it is."""

from collections.abc import Iterator
from itertools import islice

from serving_kit.batching.job import Job
from serving_kit.batching.padding import PaddedBatch, Padding

# How many waiting requests are looked at for a run: what stands further back has its turn soon enough.
_SIGHT = 256


def gather(head: Job, waiting: Iterator[Job], room: int, padding: Padding | None = None) -> list[Job]:
    """Return the head and those that fit its run of at most `room` instances, in the order of their turns.

    They have the head's shape, or one that `padding` allows beside it.
    """
    jobs = [head]
    batch = PaddedBatch.of(padding, head.feeds) if padding else None
    left = room - head.instances
    for job in islice(waiting, _SIGHT):
        if left <= 0:
            break
        if job is head or not 0 < job.instances <= left:
            continue
        if batch.admits(job.feeds) if batch else job.key == head.key:
            jobs.append(job)
            left -= job.instances
    return jobs
