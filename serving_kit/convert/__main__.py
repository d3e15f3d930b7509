"""`python -m serving_kit.convert`: the command line of `paddle_serving_client.convert`."""

import argparse
import sys
from collections.abc import Sequence

from serving_kit.command import exit_status
from serving_kit.convert.serving import inference_model_to_serving


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m serving_kit.convert", description=__doc__)
    parser.add_argument("--dirname", required=True, help="folder of the saved inference model")
    parser.add_argument("--serving_server", default="serving_server", help="server directory to write")
    parser.add_argument("--serving_client", default="serving_client", help="client directory to write")
    parser.add_argument("--model_filename", help="program file; __model__ or the only one there by default")
    parser.add_argument("--params_filename", help="parameter file; found beside the program by default")
    parser.add_argument("--show_proto", type=_truth, default=False, help="print the configuration, write nothing")
    parser.add_argument("--feed_alias_names", help="comma list, in the program's order")
    parser.add_argument("--fetch_alias_names", help="comma list, in the order of the fetch variables' names")
    parser.add_argument("--engine", choices=("paddle", "onnxruntime"), default="paddle", help="new: keep ONNX as it is")
    parser.add_argument("--threshold", type=float, help="new: how far another format's model may move (not checked)")
    return parser


def _truth(text: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.lower() not in words:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return words[text.lower()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Convert as the arguments say; return the exit status, 2 for input that cannot be converted."""
    options = vars(_parser().parse_args(arguments))
    return exit_status(lambda: inference_model_to_serving(**options))


if __name__ == "__main__":
    sys.exit(main())
