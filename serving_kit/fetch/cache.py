"""A cache of folders, each made once, whole or not at all, whatever number of processes ask for it."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from serving_kit.fetch.disk import room_in


class Cache:
    """Folders by key under `root`; a folder that exists is complete and is never written again."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, key: str, make: Callable[[Path], object]) -> Path:
        """Return the folder of `key`; where there is none, `make(empty_folder)` fills it first.

        `key` is a plain name. A second process waits for the first. What `make` raises goes through and leaves nothing.
        """
        final = self._root / key
        if final.exists():
            return final
        self._root.mkdir(parents=True, exist_ok=True)
        with FileLock(self._root / f".{key}.lock"):
            if final.exists():
                return final
            self._forget_killed(key)
            work = Path(tempfile.mkdtemp(prefix=f".{key}-", suffix=".tmp", dir=self._root))
            try:
                with room_in(self._root):
                    make(work)
                work.chmod(0o755)  # mkdtemp makes it private
                work.rename(final)
            except BaseException:
                shutil.rmtree(work, ignore_errors=True)
                raise
        return final

    def _forget_killed(self, key: str) -> None:
        """Remove what a killed process left; we hold the lock, so nobody is at work there."""
        for leftover in self._root.glob(f".{key}-*.tmp"):
            shutil.rmtree(leftover, ignore_errors=True)
