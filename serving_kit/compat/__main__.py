"""`python -m serving_kit.compat`: run an old script; its own exit status and its own traceback go through."""

import sys
from collections.abc import Sequence

from serving_kit.command import FAILED
from serving_kit.compat.script import USAGE, run
from serving_kit.errors import ServingKitError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments name and return 0, or 2 with one sentence where this package refused something."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given in (["-h"], ["--help"]):
        print(f"usage: {USAGE}")
        return 0
    try:
        run(given)
    except ServingKitError as error:
        sys.stderr.write(f"error: {error}\n")
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
