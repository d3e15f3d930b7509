"""Which runs are short enough for the event loop's own thread."""

import os

from serving_kit.batching.cost import RunCosts

# Measured with a stub engine: an engine thread costs a lone request about 15 us of CPU and two thread switches, which
# a run of up to about 0.2 ms cannot win back; a longer one would make every other connection wait for it.
_SHORT_S = 0.0002
# Where a process has one core there is nothing to hand a run to: the thread only takes the core from the loop, and each
# the interpreter from the other. MobileNetV3-small (2 ms, 0.6 MB a request) answered a sixth more requests on the
# loop's thread, with half the 99th percentile. A longer run would keep other connections waiting all the same.
_SHORT_ON_ONE_CORE_S = 0.01
CORES = len(os.sched_getaffinity(0))
SHORT_S = _SHORT_S if CORES > 1 else _SHORT_ON_ONE_CORE_S
_LONG = 4  # times as long as short, in CPU time: the model goes back to its threads at once
# The same in elapsed time, which also counts what other processes took: no scheduler takes so much at a time.
_VERY_LONG = 1000
_FIRST_PENALTY, _LARGEST_PENALTY = 64, 4096  # runs in threads before the loop's thread is tried again
_FORGIVEN_AFTER = 1000
_LOOK_EVERY = 32
_WATCHED_FIRST = 8


class InlineRuns:
    """Lets a model run on the loop's thread while its runs are measured to be short, with `short_s` 0 never.

    `most` is the number of instances that such a run may hold, 0 where none may. One long run sends the model back to
    its threads, and the next one for twice as many runs.
    """

    def __init__(self, costs: RunCosts, short_s: float = SHORT_S) -> None:
        self.most = 0
        self._costs = costs
        self._short_s = short_s
        self._penalty = _FIRST_PENALTY
        self._in_threads = 0
        self._good_runs = 0
        self._is_suspicious = False

    @property
    def watches_cpu(self) -> bool:
        """Whether the next run's CPU time is wanted: to ask for it costs as much as a tiny model's run."""
        return self._is_suspicious or self._good_runs < _WATCHED_FIRST or self._good_runs % _LOOK_EVERY == 0

    def ran(self, duration_s: float, cpu_s: float | None) -> None:
        """Learn how long a run here took, in elapsed time and, where it was watched, in this thread's CPU time.

        A run that took long unwatched may have been interrupted; the next one is watched.
        """
        self._good_runs += 1
        self._is_suspicious = cpu_s is None and duration_s > _LONG * self._short_s
        if (cpu_s or 0.0) > _LONG * self._short_s or duration_s > _VERY_LONG * self._short_s:
            if self._good_runs > _FORGIVEN_AFTER:
                self._penalty = _FIRST_PENALTY
            self.most, self._good_runs, self._in_threads = 0, 0, self._penalty
            self._penalty = min(2 * self._penalty, _LARGEST_PENALTY)
        elif self._good_runs % _LOOK_EVERY == 0:
            self.most = self._costs.most_within(self._short_s)

    def ran_in_thread(self) -> None:
        """Learn that a run ended in a thread."""
        if self._in_threads:
            self._in_threads -= 1
        elif self._short_s:
            self.most = self._costs.most_within(self._short_s)
