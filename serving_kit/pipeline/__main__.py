"""`python -m serving_kit.pipeline FILE`: serve the pipeline that a YAML file lists the steps of."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from serving_kit.command import exit_status

_DRAIN_S = 30.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, or 2 with one sentence on standard error."""
    parser = argparse.ArgumentParser(prog="python -m serving_kit.pipeline", description=__doc__)
    parser.add_argument("file", type=Path, help="the YAML file with `steps`")
    parser.add_argument("--host", help="the address to listen on (default SERVING_KIT_HOST or 127.0.0.1)")
    parser.add_argument("--port", type=int, help="one port for gRPC and HTTP instead of the file's; 0 takes a free one")
    parser.add_argument("--api_key_file", type=Path, help="answer only who sends one of the keys in this file")
    parser.add_argument("--control", action="store_true", help="let clients change the weights of variants")
    parser.add_argument("--port_file", type=Path, help="write the port here once the pipeline answers")
    parser.add_argument("--exit_with_stdin", action="store_true", help="stop when standard input is closed")
    parser.add_argument("--log_level", default="info", choices=("debug", "info", "warning", "error"))
    options = parser.parse_args(arguments)
    return exit_status(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    from serving_kit.pipeline.steps import read_pipeline
    from serving_kit.serve.log import set_up_log
    from serving_kit.serve.pipeline_server import PipelineServer
    from serving_kit.serve.stdin import stop_with_stdin
    from serving_kit.service.keys import ApiKeys

    set_up_log(options.log_level)
    if options.exit_with_stdin:
        stop_with_stdin(_DRAIN_S)
    described = read_pipeline(options.file)
    server = PipelineServer(described.name)
    server.inputs, server.outputs = described.inputs, described.outputs
    server.set_response_op(described.response)
    server.set_config(described.config)
    keys = None if options.api_key_file is None else ApiKeys.read(options.api_key_file)
    server.run_server(
        host=options.host,
        port=options.port,
        keys=keys,
        is_controlled=options.control,
        on_ready=partial(_tell, options.port_file),
    )


def _tell(port_file: Path | None, ports: Mapping[str, int]) -> None:
    if port_file:
        from serving_kit.serve.port_file import write_port

        write_port(port_file, next(ports[name] for name in ("", "http", "grpc") if name in ports))


if __name__ == "__main__":
    sys.exit(main())
