"""Checksums seen at the first fetch and held against every later one."""

import json
import os
import tempfile
from pathlib import Path

from filelock import FileLock

from serving_kit.errors import BadInput, ChecksumMismatch


class ChecksumLock:
    """A file of JSON lines `{"url": ..., "sha256": ...}`, sorted by address, meant to be committed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, url: str) -> str | None:
        """Return the sha256 recorded for `url`, None at its first fetch."""
        return self._read().get(url)

    def record(self, url: str, sha256: str) -> None:
        """Record the sha256 of `url`; ChecksumMismatch where another one is on record."""
        with FileLock(f"{self._path}.lock"):
            known = self._read()
            if known.setdefault(url, sha256) != sha256:
                raise ChecksumMismatch(f"{url} has sha256 {sha256}, but {known[url]} is recorded in {self._path}")
            lines = [json.dumps({"url": key, "sha256": known[key]}) + "\n" for key in sorted(known)]
            handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}-")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.writelines(lines)
            Path(temporary).replace(self._path)

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        known = {}
        for number, line in enumerate(self._path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                entry = json.loads(line)
                known[str(entry["url"])] = str(entry["sha256"])
            except (ValueError, KeyError, TypeError):
                raise BadInput(f"{self._path}, line {number} is no checksum record; delete the line") from None
        return known
