"""The requests of one model that wait for a run: the highest priority first, then in the order they came."""

from collections import deque
from collections.abc import Iterator

from serving_kit.batching.job import Job


class JobQueue:
    """Jobs that wait. Those that are taken or given up are marked, and swept out when they come to the front.

    `size` is how many wait.
    """

    def __init__(self) -> None:
        self._lines: dict[int, deque[Job]] = {}
        self.size = 0

    def push(self, job: Job) -> None:
        """Let a job wait behind those of its priority."""
        priority = job.demand.priority
        line = self._lines.get(priority)
        if line is None:
            kept = {known: jobs for known, jobs in self._lines.items() if jobs}
            line = kept[priority] = deque()
            self._lines = dict(sorted(kept.items(), reverse=True))
        line.append(job)
        self.size += 1

    def head(self) -> Job | None:
        """Return the job whose turn it is, which stays in the queue."""
        for line in self._lines.values():
            while line:
                if line[0].is_waiting:
                    return line[0]
                line.popleft()
        return None

    def ahead(self, priority: int) -> int:
        """Return about how many jobs have their turn before one of that priority that comes now."""
        return min(self.size, sum([len(jobs) for known, jobs in self._lines.items() if known >= priority]))

    def waiting(self) -> Iterator[Job]:
        """Yield the jobs in the order of their turns; the caller may take those it has been given."""
        for line in self._lines.values():
            yield from (job for job in line if job.is_waiting)

    def take(self, job: Job) -> None:
        """Take a job that waits out of the queue, from wherever it stands."""
        job.is_waiting = False
        self.size -= 1
