"""`python -m serving_kit.serve`: start, stop, kill or check; a failure is one sentence and exit status 2."""

import argparse
import logging
import sys
from collections.abc import Sequence

from serving_kit.command import exit_status
from serving_kit.serve.flags import parse_flags


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; 0 is success, also for `stop` and `kill`."""
    return exit_status(lambda: _run(parse_flags(sys.argv[1:] if arguments is None else arguments)))


def _run(flags: argparse.Namespace) -> None:
    _set_up_log(flags.log_level)
    port = flags.port if "--port" in flags.given else None
    if flags.command == "start":
        from serving_kit.serve.start import start

        start(flags)
    elif flags.command == "check":
        from serving_kit.serve.check import check

        check(flags)
    else:
        from serving_kit.serve import stop

        ended = stop.stop(port) if flags.command == "stop" else stop.kill(port)
        print(f"ended {', '.join(str(pid) for pid in ended)}")


def _set_up_log(level: str) -> None:
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # On our own loggers: importing paddle sets the root's level to warning.
    logging.getLogger("serving_kit").setLevel(level.upper())
    logging.getLogger("uvicorn").setLevel("WARNING")


if __name__ == "__main__":
    sys.exit(main())
