"""The file in which a server tells who started it that it answers, and where."""

from pathlib import Path


def write_port(path: Path, port: int) -> None:
    """Write the port's number, whole or not at all: whoever waits for the file reads it as soon as it is there."""
    partial_file = path.with_suffix(".part")
    partial_file.write_text(str(port), encoding="ascii")
    partial_file.replace(path)
