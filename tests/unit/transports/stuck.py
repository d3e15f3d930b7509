"""An executor that never answers."""

import asyncio
import threading

from serving_kit.batching.executor import Outputs


class StuckExecutor:
    """Accepts work and never does it; says when its only piece was accepted, and when it was given up."""

    def __init__(self) -> None:
        self.accepted, self.given_up = threading.Event(), threading.Event()

    def check_room(self) -> None: ...

    def submit(self, *_: object) -> asyncio.Future[Outputs]:
        future: asyncio.Future[Outputs] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda _: self.given_up.set())
        self.accepted.set()
        return future

    def close(self) -> None: ...
