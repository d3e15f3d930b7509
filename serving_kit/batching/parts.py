"""A large request cut into several runs and put together again (Paddle Serving's `allow_split_request`)."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from serving_kit.batching.executor import Outputs
from serving_kit.batching.job import Job
from serving_kit.batching.merge import comes_apart, merge, split
from serving_kit.types import Tensor

Answer = asyncio.Future[Outputs]


def cut(feeds: Mapping[str, Tensor], instances: int, most: int) -> list[Outputs]:
    """Return the feeds of a request in parts of at most `most` instances, as even as they can be."""
    count = -(-instances // most)
    ends = [instances * nth // count for nth in range(count + 1)]
    return split(dict(feeds), [end - start for start, end in pairwise(ends)]) or [dict(feeds)]


class Parts:
    """Puts the answers of a request's parts together as `whole`; cancelling that cancels the parts.

    The first part that fails is the failure of the request. Where an answer has not one entry an instance, `unsplit`
    asks for the request in one run instead.
    """

    def __init__(self, whole: Answer, jobs: Sequence[Job], unsplit: Callable[[], Answer]) -> None:
        self._whole = whole
        self._jobs = jobs
        self._counts = [job.instances for job in jobs]
        self._unsplit = unsplit
        self._left = len(jobs)
        for job in jobs:
            job.add_done_callback(self._ended)
        whole.add_done_callback(self._give_up)

    def _ended(self, job: Answer) -> None:
        self._left -= 1
        if self._whole.done() or job.cancelled():
            return
        error = job.exception()
        if error:
            self._whole.set_exception(error)
        elif not self._left:
            self._join()

    def _join(self) -> None:
        answers = [job.result() for job in self._jobs]
        try:
            fit = all(comes_apart(answer, count) for answer, count in zip(answers, self._counts, strict=True))
            joined = merge(answers) if fit else None
        except ValueError:  # the parts differ in another axis than that of the batch
            joined = None
        if joined is not None:
            self._whole.set_result(joined)
            return
        again = self._unsplit()
        again.add_done_callback(self._answer)
        self._whole.add_done_callback(lambda _: again.cancel())

    def _answer(self, again: Answer) -> None:
        if self._whole.done() or again.cancelled():
            return
        error = again.exception()
        if error:
            self._whole.set_exception(error)
        else:
            self._whole.set_result(again.result())

    def _give_up(self, _: Answer) -> None:
        for job in self._jobs:
            job.cancel()
