"""An executor that never answers."""

import threading
from concurrent.futures import Future

from serving_kit.batching.executor import Outputs


class StuckExecutor:
    """Accepts work and never does it; says when its only piece was accepted, and when it was given up."""

    def __init__(self) -> None:
        self.accepted, self.given_up = threading.Event(), threading.Event()

    def submit(self, _: object) -> Future[Outputs]:
        future: Future[Outputs] = Future()
        future.add_done_callback(lambda _: self.given_up.set())
        self.accepted.set()
        return future

    def close(self) -> None: ...
