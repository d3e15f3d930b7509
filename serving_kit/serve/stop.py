"""`stop` and `kill`: end the servers that were started from this folder."""

import signal

import psutil

from serving_kit.errors import BadInput, Unavailable
from serving_kit.serve import process_info


def stop(port: int | None, *, grace_s: float = 60.0) -> list[int]:
    """Ask servers to finish what they have and end (SIGINT), and return their process numbers once they are gone.

    `port` None means every server. BadInput where there is none; Unavailable where one outlives `grace_s`.
    """
    processes = _select(port)
    for process in processes:
        process.send_signal(signal.SIGINT)
    _, alive = psutil.wait_procs(processes, timeout=grace_s)
    if alive:
        raise Unavailable(f"process {alive[0].pid} still works after {grace_s:.0f} s; wait, or end it with kill")
    return [process.pid for process in processes]


def kill(port: int | None) -> list[int]:
    """End servers and their children at once (SIGKILL), and return their process numbers."""
    processes = _select(port)
    for process in processes:
        for child in process.children(recursive=True):
            child.kill()
        process.kill()
    psutil.wait_procs(processes, timeout=10)
    for process in processes:
        process_info.remove(process.pid)
    return [process.pid for process in processes]


def _select(port: int | None) -> list[psutil.Process]:
    found = [process for entry, process in process_info.running() if port is None or port in entry.port]
    if not found:
        what = "no server" if port is None else f"no server on port {port}"
        raise BadInput(f"{process_info.path()} lists {what} that runs; run this in the folder it was started from")
    return found
