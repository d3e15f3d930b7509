"""`python -m paddle_serving_app.package`: list the vendor's models, fetch one, or say how one is served."""

import argparse
import sys
from collections.abc import Sequence

from serving_kit.command import exit_status
from serving_kit.compat.app.catalogue import ServingModels
from serving_kit.errors import BadInput

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 2, with one sentence, where a model is unknown or out of reach."""
    parser = argparse.ArgumentParser("paddle_serving_app.package", description=__doc__)
    parser.add_argument("--list_model", nargs="*", help="list the models by group")
    parser.add_argument("--get_model", default="", metavar="NAME", help="fetch NAME.tar.gz into this folder")
    parser.add_argument("--tutorial", default="", metavar="NAME", help="print the commands that serve a model")
    options = parser.parse_args(arguments)
    return exit_status(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    models = ServingModels()
    if options.list_model is not None:
        for group, names in models.get_model_list().items():
            _say(f"{group}: {' | '.join(names)}")
    elif options.get_model:
        _say(f"{models.download(options.get_model)}")
    elif options.tutorial:
        _say(models.get_tutorial(options.tutorial))
    else:
        raise BadInput("nothing was asked for; give --list_model, --get_model NAME or --tutorial NAME")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
