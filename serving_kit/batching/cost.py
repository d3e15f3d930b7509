"""What runs of a model cost by how many instances they hold, learnt from the runs themselves."""

# A run costs its hand-over too, whatever it holds (measured with a stub engine: 15 to 25 us of CPU).
_HAND_OVER_S = 20e-6
# The first runs of a size prepare the engine's kernels for it; they say little about those that follow.
_SAMPLES = 3
# Merging makes a request wait for its batch mates, so it must save something.
_MARGIN = 0.97
_FIRST_EXPLORED = (4, 8, 16, 32)
_EXPLORE_EVERY = 64
_RARELY = 16  # of the explorations, where the last look at merging was bad
_FALL, _RISE, _OUTLIER = 0.5, 0.05, 2.0


class RunCosts:
    """Seconds an instance for runs of 1, 2, 3-4, 5-8, 9-16, ... instances.

    An estimate falls fast and rises slowly, and one slow run moves it little: what disturbs a run (first use of a size,
    other processes, a thread that waits for the interpreter) only ever makes it longer. `request_s` is the same for a
    request, 0 while nothing is known.
    """

    def __init__(self) -> None:
        self._instance_s: list[float] = []
        self._samples: list[int] = []
        self._choices = 0
        self.request_s = 0.0

    def record(self, instances: int, busy_s: float, requests: int = 1, duration_s: float | None = None) -> None:
        """Learn from a run of so many instances, which answered so many requests.

        It kept the machine busy for `busy_s`, and the requests waiting for `duration_s` where that is not the same.
        """
        bucket = _bucket(instances)
        while len(self._samples) <= bucket:
            self._samples.append(0)
            self._instance_s.append(0.0)
        waited_s = busy_s if duration_s is None else duration_s
        self._samples[bucket] += 1
        self._instance_s[bucket] = _moved(self._instance_s[bucket], (busy_s + _HAND_OVER_S) / instances)
        self.request_s = _moved(self.request_s, (waited_s + _HAND_OVER_S) / requests)

    def most_within(self, duration_s: float) -> int:
        """Return how many instances a run of at most that long may hold, 0 while too little is known.

        A size that has not run yet is taken to cost in proportion to the largest smaller one.
        """
        most, beyond = 0, 0
        for bucket in range(len(self._samples)):
            if self._is_known(bucket):
                fitting = int((duration_s + _HAND_OVER_S) / self._instance_s[bucket])
                if fitting < 1 << bucket:
                    return max(most, min(fitting, beyond))
                most, beyond = 1 << bucket, fitting
        return max(most, beyond)

    def most(self, instances: int) -> int:
        """Return how many of so many waiting instances the next run should hold.

        All of them while that is not known to cost more an instance than less does; one of them where merging does not
        pay. Now and then the answer is another one, so that a change is noticed.
        """
        if instances < 2:
            return instances
        self._choices += 1
        best = self._best(_bucket(instances))
        if self._choices in _FIRST_EXPLORED or self._choices % _EXPLORE_EVERY == 0:
            return self._explore(instances, best)
        return min(instances, 1 << best)

    def _best(self, largest: int) -> int:
        """Return the bucket that pays best among those up to the largest; one that is not known yet is tried."""
        if not self._is_known(0) or not self._is_known(largest):
            return largest
        best, best_s = 0, self._instance_s[0] * _MARGIN
        for bucket in range(1, largest + 1):
            if self._is_known(bucket) and self._instance_s[bucket] <= best_s:
                best, best_s = bucket, self._instance_s[bucket]
        return best

    def _explore(self, instances: int, best: int) -> int:
        if best:
            return 1
        explored = self._choices // _EXPLORE_EVERY
        bucket = 1 + explored % _bucket(instances)
        is_bad = self._is_known(bucket) and self._instance_s[bucket] > 1.2 * self._instance_s[0]
        return 1 if is_bad and explored % _RARELY else min(instances, 1 << bucket)

    def _is_known(self, bucket: int) -> bool:
        return bucket < len(self._samples) and self._samples[bucket] >= _SAMPLES


def _moved(known_s: float, sample_s: float) -> float:
    if not known_s:
        return sample_s
    if sample_s < known_s:
        return known_s + _FALL * (sample_s - known_s)
    return known_s + _RISE * (min(sample_s, _OUTLIER * known_s) - known_s)


def _bucket(instances: int) -> int:
    return (instances - 1).bit_length()
