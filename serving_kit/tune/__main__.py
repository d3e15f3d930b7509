"""`python -m serving_kit.tune MODEL_DIR`: measure what runs a model fastest here, and write `tune.json` beside it."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from serving_kit.command import exit_status
from serving_kit.errors import BadInput
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import Precision
from serving_kit.tune import FILENAME, plot, table, tune
from serving_kit.tune.search import ENGINES


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, or 2 with one sentence on standard error."""
    parser = argparse.ArgumentParser(prog="python -m serving_kit.tune", description=__doc__)
    parser.add_argument("model", type=Path, help="a model directory, as --model of serving_kit.serve takes it")
    parser.add_argument("--budget_s", type=float, default=60, help="seconds to measure for (default 60)")
    parser.add_argument(
        "--engines", nargs="+", choices=ENGINES, default=ENGINES, help="engines to compare with the model's own"
    )
    parser.add_argument(
        "--precision", choices=("fp32", "bf16"), default="fp32", help="the one number format to measure in"
    )
    parser.add_argument("--allow_bf16", action="store_true", help="measure bfloat16 beside fp32")
    parser.add_argument("--cores", type=int, help="cores to share out (default all of this process)")
    parser.add_argument("--output", type=Path, help=f"the file to write (default {FILENAME} in the model directory)")
    parser.add_argument("--plot", type=Path, help="draw the candidates into this picture; needs matplotlib")
    options = parser.parse_args(arguments)
    return exit_status(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    if options.budget_s <= 0 or (options.cores or 1) < 1:
        raise BadInput("--budget_s and --cores must be above 0; leave them out for 60 s and all cores")
    model = ModelDir.open(options.model)
    precisions: tuple[Precision, ...] = (options.precision,)
    if options.allow_bf16:
        precisions = ("fp32", "bf16")
    result = tune(model, budget_s=options.budget_s, engines=options.engines, precisions=precisions, cores=options.cores)
    print(table(result))
    target = options.output or model.server_dir / FILENAME
    result.write(target)
    print(f"written to {target}; python -m serving_kit.serve --model {options.model} --engine auto uses it")
    if options.plot:
        plot(result).savefig(options.plot)


if __name__ == "__main__":
    sys.exit(main())
