"""`python -m serving_kit.quantise MODEL_DIR -o OUT`: the model again, computing in int8, with what that does to it."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from serving_kit.command import exit_status
from serving_kit.quantise.model import THRESHOLD, quantise_model
from serving_kit.quantise.report import lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m serving_kit.quantise", description=__doc__)
    parser.add_argument("model", type=Path, metavar="MODEL_DIR", help="folder of the model to quantise")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to write the quantised model to")
    parser.add_argument(
        "--samples", type=Path, nargs="+", default=(), metavar="FILE.npz", help="inputs; the golden example by default"
    )
    parser.add_argument(
        "--threshold", type=float, default=THRESHOLD, help="how far an output may move, as a share of its size"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Quantise as the arguments say; return the exit status, 2 for a model that cannot be."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: _quantise(options))


def _quantise(options: argparse.Namespace) -> None:
    made = quantise_model(options.model, options.output, samples=options.samples, threshold=options.threshold)
    print(*lines(made), f"serve it with: python -m serving_kit.serve --model {options.output}", sep="\n")


if __name__ == "__main__":
    sys.exit(main())
