"""Which candidate wins: the fastest, but Paddle unless another is clearly faster."""

from collections.abc import Callable, Iterable, Sequence

from serving_kit.errors import Unsupported
from serving_kit.tune.result import Measurement

_MARGIN = 1.05  # what another engine must be ahead of Paddle; less is noise


def fastest_alone(measurements: Iterable[Measurement]) -> Measurement:
    """Return the winner for the latency of one request at a time; Unsupported where nothing was measured."""
    return _winner([each for each in measurements if each.is_latency], lambda each: 1 / each.run_ms)


def most_requests(measurements: Iterable[Measurement]) -> Measurement:
    """Return the winner for requests a second; of layouts that are as good, the one whose runs are shortest."""
    every = list(measurements)
    best = _winner(every, lambda each: each.requests_per_s)
    same = (best.candidate.engine, best.candidate.precision)
    as_good = [
        each
        for each in every
        if (each.candidate.engine, each.candidate.precision) == same
        and each.requests_per_s * _MARGIN >= best.requests_per_s
    ]
    return min(as_good, key=lambda each: each.run_ms)


def _winner(every: Sequence[Measurement], speed: Callable[[Measurement], float]) -> Measurement:
    if not every:
        raise Unsupported("no engine could be measured; the refusals say why, and a larger --budget_s may help")
    best = max(every, key=speed)
    paddle = max((each for each in every if each.candidate.engine == "paddle"), key=speed, default=best)
    return best if speed(best) >= _MARGIN * speed(paddle) else paddle
