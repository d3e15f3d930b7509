"""When a call may be tried again: where no model can have seen it."""

import time
from typing import Any

from tenacity import retry_if_exception_type, stop_after_attempt, stop_before_delay, wait_random_exponential

from serving_kit.clients.deadline import Deadline
from serving_kit.errors import Unavailable


class Refused(Unavailable):
    """Nobody took the request: no server listened, it was cut off in mid-request, or it said that it takes none now."""


def policy(retries: int, deadline: Deadline, *also: type[Exception]) -> dict[str, Any]:
    """Return the arguments of tenacity's `Retrying` and `AsyncRetrying`.

    Refused, and the errors of `also`, are tried again `retries` times with growing, random pauses (0.1 s to 2 s) that
    end before the deadline. Anything else may have reached a model and is never sent twice.
    """
    return {
        "retry": retry_if_exception_type((Refused, *also)),
        "stop": stop_after_attempt(1 + retries) | stop_before_delay(deadline.at_s - time.monotonic()),
        "wait": wait_random_exponential(multiplier=0.1, max=2.0),
        "reraise": True,
    }
