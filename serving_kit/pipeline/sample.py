"""One request on its way through a pipeline."""

import asyncio
from dataclasses import dataclass

from serving_kit.errors import DeadlineExceeded
from serving_kit.pipeline.trace import Trace


@dataclass(slots=True, eq=False)
class Sample:
    """What every op may know of a request: the server's number for it, the client's, and until when it is wanted.

    `deadline_at` is on the clock of the event loop, None where the client waits for ever. A `trace` notes what every
    op does for it.
    """

    data_id: int
    log_id: int = 0
    deadline_at: float | None = None
    trace: Trace | None = None

    def left_s(self) -> float | None:
        """Return the seconds that are left; DeadlineExceeded where there are none."""
        if self.deadline_at is None:
            return None
        left_s = self.deadline_at - asyncio.get_running_loop().time()
        if left_s <= 0:
            raise DeadlineExceeded("the time that the request allows is over; allow more or ask for less")
        return left_s
