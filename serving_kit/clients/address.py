"""Where a server listens, as `host:port`."""

from dataclasses import dataclass
from typing import Self

from serving_kit.errors import BadInput


@dataclass(frozen=True, slots=True)
class Address:
    """A host's name or number and a TCP port; IPv6 numbers are written in brackets, `[::1]:9393`."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `host:port`; BadInput shows how to write it."""
        host, _, port = text.rpartition(":")
        bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        is_plain = bare != host or ":" not in host
        if not (bare and is_plain and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise BadInput(f"{text!r} is no address of a server; write it like 127.0.0.1:9393 or [::1]:9393")
        return cls(bare, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
