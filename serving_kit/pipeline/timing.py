"""When a batch was begun and its steps were over."""

import os
import threading
import time
from typing import NamedTuple, Self


class Timing(NamedTuple):
    """Moments of `time.monotonic`, which is one clock for all processes, and who worked on the batch."""

    began_at: float
    prepared_at: float
    processed_at: float
    finished_at: float
    process: int
    thread: int

    @classmethod
    def of_whole(cls, began_at: float) -> Self:
        """Return what is known of a batch that is just over: as a whole it was `process`."""
        now = time.monotonic()
        return cls(began_at, began_at, now, now, os.getpid(), threading.get_native_id())
