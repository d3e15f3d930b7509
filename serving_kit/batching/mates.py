"""Which waiting requests share a run with the one whose turn it is."""

from collections.abc import Iterator
from itertools import islice

from serving_kit.batching.job import Job

# How many waiting requests are looked at for a run: what stands further back has its turn soon enough.
_SIGHT = 256


def gather(head: Job, waiting: Iterator[Job], room: int) -> list[Job]:
    """Return the head and those that fit its run of at most `room` instances, in the order of their turns."""
    jobs = [head]
    left = room - head.instances
    for job in islice(waiting, _SIGHT):
        if left <= 0:
            break
        if job is not head and 0 < job.instances <= left and job.key == head.key:
            jobs.append(job)
            left -= job.instances
    return jobs
