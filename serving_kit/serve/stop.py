"""`stop` and `kill`: end the servers that were started from this folder."""

import signal
import time

import psutil

from serving_kit.errors import BadInput, Unavailable
from serving_kit.serve import process_info

_POLL_S = 0.05


def stop(port: int | None, *, grace_s: float = 60.0) -> list[int]:
    """Ask servers to finish what they have and end (SIGINT), and return their process numbers once they are gone.

    `port` None means every server. BadInput where there is none; Unavailable where one outlives `grace_s`.
    """
    processes = _select(port)
    for process in processes:
        process.send_signal(signal.SIGINT)
    _wait(processes, grace_s)
    return [process.pid for process in processes]


def kill(port: int | None) -> list[int]:
    """End servers and their children at once (SIGKILL), and return their process numbers."""
    processes = _select(port)
    for process in processes:
        for child in process.children(recursive=True):
            child.kill()
        process.kill()
    _wait(processes, grace_s=10.0)
    for process in processes:
        process_info.remove(process.pid)
    return [process.pid for process in processes]


def _select(port: int | None) -> list[psutil.Process]:
    found = [process for entry, process in process_info.running() if port is None or port in entry.port]
    if not found:
        what = "no server" if port is None else f"no server on port {port}"
        raise BadInput(f"{process_info.path()} lists {what} that runs; run this in the folder it was started from")
    return found


def _wait(processes: list[psutil.Process], grace_s: float) -> None:
    deadline = time.monotonic() + grace_s
    for process in processes:
        while process_info.is_alive(process):
            if time.monotonic() > deadline:
                raise Unavailable(f"process {process.pid} still works after {grace_s:.0f} s; wait, or end it with kill")
            time.sleep(_POLL_S)
