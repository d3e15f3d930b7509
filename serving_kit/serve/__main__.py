"""`python -m serving_kit.serve`: start, stop, kill or check; a failure is one sentence and exit status 2."""

import argparse
import sys
from collections.abc import Sequence

from serving_kit.command import exit_status
from serving_kit.serve.flags import parse_flags
from serving_kit.serve.log import set_up_log


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; 0 is success, also for `stop` and `kill`."""
    return exit_status(lambda: _run(parse_flags(sys.argv[1:] if arguments is None else arguments)))


def _run(flags: argparse.Namespace) -> None:
    set_up_log(flags.log_level)
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


if __name__ == "__main__":
    sys.exit(main())
