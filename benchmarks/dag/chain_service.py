"""A chain of ops that hand on what they get: `python -m benchmarks.dag.chain_service OPS CONFIG`."""

import sys

from serving_kit.pipeline import Op, RequestOp, ResponseOp

NAME = "chain"


def chain(ops: int, first: Op) -> Op:
    """Return the last of so many ops behind a first one."""
    last = first
    for number in range(ops):
        last = Op(name=f"op{number}", input_ops=[last])
    return last


def response(ops: int) -> ResponseOp:
    """Return the end of a chain of so many ops."""
    return ResponseOp(input_ops=[chain(ops, RequestOp())])


def main(ops: int, config: str) -> None:
    """Serve until a signal asks to stop."""
    from serving_kit.pipeline import PipelineServer  # what measures in process needs no server

    server = PipelineServer(NAME)
    server.set_response_op(response(ops))
    server.prepare_server(config)
    server.run_server()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
