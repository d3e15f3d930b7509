"""`ProcessInfo.json`: which servers were started from a folder, so that `stop` and `kill` find them."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
from filelock import FileLock
from pydantic import BaseModel, TypeAdapter, ValidationError

from serving_kit.errors import BadInput
from serving_kit.settings import settings

FILENAME = "ProcessInfo.json"
_SAME_START_S = 2.0  # a start time is measured in clock ticks since boot, and the clock may be corrected


class Entry(BaseModel):
    """One server, with Paddle Serving's keys; `start_time` is the process's own, in seconds since 1970."""

    pid: int
    port: list[int]
    model: list[str] | str  # Paddle Serving's web services and pipelines write what they are
    start_time: float


_ENTRIES = TypeAdapter(list[Entry])


def path() -> Path:
    """Return where the file is: in `$SERVING_HOME`, or in the current folder."""
    return Path(os.environ.get("SERVING_HOME") or ".") / FILENAME


def add(ports: Sequence[int], models: Sequence[str]) -> None:
    """Note this process."""
    mine = psutil.Process()
    entry = Entry(pid=mine.pid, port=list(ports), model=list(models), start_time=mine.create_time())
    _update(lambda entries: [*entries, entry])


def remove(pid: int) -> None:
    """Forget a process."""
    _update(lambda entries: [entry for entry in entries if entry.pid != pid])


def running() -> list[tuple[Entry, psutil.Process]]:
    """Return the noted servers that still run; a process number that now belongs to another program is left out."""
    found = []
    for entry in _read():
        process = _process(entry)
        if process is not None:
            found.append((entry, process))
    return found


def _update(change: Callable[[list[Entry]], list[Entry]]) -> None:
    """Change the list under a lock, drop what no longer runs, and put the file in place at once."""
    target = path()
    with _lock():
        entries = change([entry for entry in _read() if _process(entry) is not None])
        if not entries:
            target.unlink(missing_ok=True)
            return
        partial = target.with_suffix(".part")
        try:
            partial.write_bytes(_ENTRIES.dump_json(entries))
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)  # on a full disk


def _lock() -> FileLock:
    folder = settings().cache_dir  # not beside the file: a lock file stays behind
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / "process_info.lock")


def _read() -> list[Entry]:
    try:
        return _ENTRIES.validate_json(path().read_bytes())
    except FileNotFoundError:
        return []
    except ValidationError:
        raise BadInput(
            f"{path()} does not list servers; remove it, and end what still runs by process number"
        ) from None


def is_alive(process: psutil.Process) -> bool:
    """Tell whether a process still works; one that ended and was not yet collected by its parent does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _process(entry: Entry) -> psutil.Process | None:
    try:
        process = psutil.Process(entry.pid)
        is_ours = abs(process.create_time() - entry.start_time) < _SAME_START_S
    except psutil.Error:
        return None
    return process if is_ours and is_alive(process) else None
