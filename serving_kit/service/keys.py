"""The API keys that a server knows."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from serving_kit.errors import BadInput

# What a header carries as it is; a key that can be guessed is none.
_KEY = re.compile(r"[!-~]{16,1024}")


class ApiKeys:
    """Keys by their SHA-256 digests: neither a dump of the memory nor the time of a comparison tells one."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._digests = frozenset(hashlib.sha256(key.encode("ascii")).digest() for key in keys)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read one key a line; blank lines and those that begin with # are passed over, and so is space around a key.

        BadInput where the file cannot be read or holds no key, or a line is none: 16 to 1024 visible ASCII characters.
        """
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            raise BadInput(f"the API keys in {path} cannot be read ({reason}); name a file of one key a line") from None
        keys = []
        for number, line in enumerate(lines, start=1):
            key = line.strip()
            if not key or key.startswith("#"):
                continue
            if not _KEY.fullmatch(key):  # the text itself is a secret, whatever is wrong with it
                raise BadInput(f"line {number} of {path} is no API key; write 16 to 1024 visible ASCII characters")
            keys.append(key)
        if not keys:
            raise BadInput(f"{path} holds no API key; write at least one on a line of its own")
        return cls(keys)

    def admits(self, key: str | bytes | None) -> bool:
        """Tell whether a key is one of these."""
        if key is None:
            return False
        offered = key.encode() if isinstance(key, str) else key
        return hashlib.sha256(offered).digest() in self._digests

    def __repr__(self) -> str:
        return f"ApiKeys({len(self._digests)})"
