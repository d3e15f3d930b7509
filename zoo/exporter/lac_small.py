"""jieba's small LAC: weights without a program, put into the program of LAC's larger model.

Both are one network, built by the same code with layers of the same names. What differs is how many words and tags
there are, and with them the shapes of four parameters. A program holds shapes, no numbers, so writing those of the
weights into it makes it theirs.
"""

import shutil
from pathlib import Path

from serving_kit.errors import BadInput
from serving_kit.runtime.framework import paddle
from serving_kit.runtime.parameters import shape_of
from serving_kit.runtime.program import describe

PROGRAM = "__model__"


def export(destination: Path, weights: Path | None, seed: int) -> None:  # noqa: ARG001 - nothing is drawn
    """Write `destination/__model__` and its parameters: `words` int64 [T, 1] in, tags int64 [T, 1] out, both LoD.

    `weights` is a folder with one file a parameter and another model's `__model__`, a `ProgramDesc` of Paddle's
    framework.proto. BadInput where the two are not of one network, ModelFileError where a file is damaged.
    """
    if weights is None:
        raise BadInput("lac_small has no architecture of its own to seed; give weights and the program of LAC")
    shapes = {path.name: shape_of(path) for path in weights.iterdir() if path.name != PROGRAM}
    _check_same_network(describe(weights / PROGRAM).parameters, shapes)
    shutil.copytree(weights, destination)
    (destination / PROGRAM).write_bytes(_with_shapes((weights / PROGRAM).read_bytes(), shapes))


def _check_same_network(wanted: dict[str, tuple[int, ...]], found: dict[str, tuple[int, ...]]) -> None:
    wrong = sorted(wanted.keys() ^ found.keys()) or [n for n in wanted if len(wanted[n]) != len(found[n])]
    if wrong:
        raise BadInput(f"weights and program are of two networks: {wrong[:3]} and {max(0, len(wrong) - 3)} more differ")


def _with_shapes(program: bytes, shapes: dict[str, tuple[int, ...]]) -> bytes:
    paddle()  # the generated message below imports the package
    from paddle.base.proto.framework_pb2 import ProgramDesc

    message = ProgramDesc.FromString(program)
    for variable in message.blocks[0].vars:
        if variable.name in shapes:
            variable.type.dense_tensor.tensor.dims[:] = shapes[variable.name]
    return bytes(message.SerializeToString())
