"""`serving-kit COMMAND ...`: every command of the package under one name; each is `python -m serving_kit.COMMAND`."""

import sys
from collections.abc import Sequence
from importlib import import_module

COMMANDS = {
    "serve": "start, stop, kill or check a server",
    "pipeline": "serve a pipeline of steps",
    "convert": "turn a saved model into a model directory",
    "tune": "find the fastest engine for a model on this machine",
    "quantise": "make a model's int8 twin from a few samples",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command with what follows its name; return its exit status, 2 for a command that there is not."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] in ([], ["-h"], ["--help"]):
        sys.stdout.write(_usage())
        return 0
    name, *rest = words
    if name not in COMMANDS:
        sys.stderr.write(f"error: there is no command {name!r}; use one of {', '.join(COMMANDS)}\n")
        return 2
    status: int = import_module(f"serving_kit.{name}.__main__").main(rest)
    return status


def _usage() -> str:
    lines = [f"  {name:<10} {about}" for name, about in COMMANDS.items()]
    return "\n".join(["usage: serving-kit COMMAND ...", "", *lines, ""])


if __name__ == "__main__":
    sys.exit(main())
