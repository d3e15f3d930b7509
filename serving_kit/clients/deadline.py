"""One time limit for the whole of a call: connecting, waiting, trying again and reading."""

import time
from dataclasses import dataclass
from typing import Self

from serving_kit.errors import DeadlineExceeded

LEAST_S = 0.001  # a timeout of 0 means "do not block" to sockets


@dataclass(frozen=True, slots=True)
class Deadline:
    """`allowed_s` seconds from the call's beginning; `at_s` is when they end on the monotonic clock."""

    allowed_s: float
    at_s: float

    @classmethod
    def after(cls, allowed_s: float) -> Self:
        """Return the deadline that is `allowed_s` seconds from now."""
        return cls(allowed_s, time.monotonic() + allowed_s)

    def left_s(self, who: str) -> float:
        """Return the seconds left, always above 0; DeadlineExceeded names `who` was asked where none are."""
        left_s = self.at_s - time.monotonic()
        if left_s <= 0:
            raise self.exceeded(who)
        return max(left_s, LEAST_S)

    def exceeded(self, who: str) -> DeadlineExceeded:
        """Return the error that says `who` took too long."""
        return DeadlineExceeded(f"{who} did not answer within {self.allowed_s:g} s; allow more with timeout_s")
