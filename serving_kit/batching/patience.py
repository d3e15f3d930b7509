"""Whether it is worth waiting for more requests before a run (`--batch_delay_ms`)."""

_FORGET = 0.9


class Patience:
    """Waits at most `delay_s`, and only where as many requests as wait now were recently exceeded.

    A client that asks alone never has more than one request under way, so nothing more is ever expected of it and it
    never waits. Each wait in which nobody came makes the next one less likely.
    """

    def __init__(self, delay_s: float = 0.0) -> None:
        self.delay_s = delay_s
        self._expected = 0.0
        self._until: float | None = None

    def saw(self, unanswered: int) -> None:
        """Learn how many requests were under way when a run began."""
        self._expected = max(float(unanswered), self._expected * _FORGET + unanswered * (1 - _FORGET))

    def wait_until(self, now: float, unanswered: int, room: int) -> float | None:
        """Return until when to wait for more requests, on the caller's clock; None to run now.

        `unanswered` requests are under way, and a run has room for `room` of them.
        """
        if not self.delay_s:
            return None
        if unanswered + 0.5 >= min(self._expected, room):
            self._until = None
            return None
        if self._until is None:
            self._until = now + self.delay_s
        if now >= self._until:
            self._until = None
            self._expected = max(1.0, (self._expected + unanswered) / 2)
            return None
        return self._until
