"""Ask a server once, and believe it only where its numbers are those of the engine alone."""

import time

import httpx
import numpy as np

from benchmarks.peer.model import Made
from benchmarks.peer.process import Running
from benchmarks.peer.question import Question
from serving_kit.errors import Unavailable

_TOLERANCE = 1e-4  # of the largest number, for answers above 1
_POLL_S = 0.1


def check(question: Question, made: Made, port: int, timeout_s: float) -> None:
    """Ask once; Unavailable where there is no answer, where its status is not 200, or where its numbers are wrong."""
    url = f"http://127.0.0.1:{port}{question.path}"
    try:
        answer = httpx.post(url, content=question.body, headers=dict(question.headers), timeout=timeout_s)
    except httpx.HTTPError as error:
        raise Unavailable(f"no answer ({type(error).__name__}: {error})") from None
    if answer.status_code != httpx.codes.OK:
        raise Unavailable(f"answered {answer.status_code}: {answer.text[:200]}")
    try:
        found = np.asarray(question.read(answer), np.float64).ravel()
    except Exception as error:  # noqa: BLE001 - whatever a body that holds no numbers makes a reader raise
        raise Unavailable(
            f"the answer cannot be read ({type(error).__name__}: {error}): {answer.content[:200]!r}"
        ) from None
    expected = made.expected.astype(np.float64).ravel()
    if found.shape != expected.shape or np.abs(found - expected).max() > _TOLERANCE * max(1.0, np.abs(expected).max()):
        raise Unavailable(f"the answer is wrong: it begins with {found[:3]}, not {expected[:3]}")


def wait_until_right(running: Running, question: Question, made: Made, port: int, ready_s: float) -> None:
    """Ask until the answer is right; Unavailable with the last reason where the server ends or time is up."""
    end = time.monotonic() + ready_s
    while True:
        try:
            return check(question, made, port, ready_s)
        except Unavailable as error:
            reason = str(error)
        if not running.is_alive:
            raise Unavailable(f"ended with status {running.process.returncode}: {running.last_words()}")
        if time.monotonic() > end:
            raise Unavailable(f"not ready within {ready_s:g} s: {reason}; its log ends with: {running.last_words()}")
        time.sleep(_POLL_S)
