"""Where the lines of a server's log go."""

import logging
import sys


def set_up_log(level: str) -> None:
    """Print this package's lines from a level on, by its name, to standard error."""
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # On our own loggers: importing paddle sets the root's level to warning.
    logging.getLogger("serving_kit").setLevel(level.upper())
    logging.getLogger("uvicorn").setLevel("WARNING")
