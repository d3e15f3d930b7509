"""Find the ranges of a model's shapes by running samples, in a child process: Paddle writes them as a predictor ends.

The child is this module run by `python -m` on a folder with `request.json` and `sample-<n>.npz`.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from serving_kit.errors import ModelFileError
from serving_kit.runtime import config, golden
from serving_kit.runtime.framework import paddle, summary
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineOptions
from serving_kit.runtime.paddle_engine import PaddleEngine
from serving_kit.settings import settings
from serving_kit.types import Array, Tensor, TensorSpec, join_lod, split_lod

_MOST_ROWS = 8  # of a batch that is tried; a request beyond the ranges makes TensorRT build once more


class Request(BaseModel):
    """What to run, how, and where the ranges go."""

    program: Path
    params: Path | None
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    options: EngineOptions
    target: Path


def collect(model: ModelDir, options: EngineOptions, samples: Sequence[Mapping[str, Tensor]], target: Path) -> None:
    """Write the ranges to `target`, whole or not at all; ModelFileError where the model does not take the samples."""
    with tempfile.TemporaryDirectory(prefix="serving-kit-shapes-") as name:
        folder = Path(name)
        for number, tensors in enumerate(samples):
            golden.save(folder / f"sample-{number:04}.npz", join_lod(tensors))
        request = Request(
            program=model.program.resolve(),
            params=model.params.resolve() if model.params else None,
            inputs=model.inputs,
            outputs=model.outputs,
            options=options,
            target=target,
        )
        (folder / "request.json").write_text(request.model_dump_json(), encoding="utf-8")
        _run_child(model, folder)


def run(request: Request, samples: Sequence[Mapping[str, Tensor]]) -> None:
    """Run every sample in several batch sizes and write the ranges; what the engine raises goes through."""
    # the names in the file must be those of the program as it stands, before any operators are fused
    plain = replace(request.options, use_trt=False, ir_optim=False, memory_optim=False)
    settled = config.build(request.program, request.params, plain)
    part = request.target.with_suffix(".part")
    settled.collect_shape_range_info(str(part))
    engine = PaddleEngine(paddle().inference.create_predictor(settled), request.inputs, request.outputs)
    for tensors in samples:
        for batch in _batches(request.inputs, tensors):
            engine.run(batch)
    del engine  # now the file is written
    part.replace(request.target)


def _batches(specs: Sequence[TensorSpec], tensors: Mapping[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    yield dict(tensors)
    grows = all(not tensors[spec.name].lod and spec.shape and spec.shape[0] < 0 for spec in specs)
    if grows and len({tensors[spec.name].array.shape[0] for spec in specs}) == 1:
        for rows in (1, _MOST_ROWS):
            yield {name: Tensor(_resized(tensor.array, rows)) for name, tensor in tensors.items()}


def _resized(array: Array, rows: int) -> Array:
    return np.resize(array, (rows, *array.shape[1:]))  # repeats the rows that there are


def _run_child(model: ModelDir, folder: Path) -> None:
    command = [sys.executable, "-m", "serving_kit.runtime.shape_range", str(folder)]
    deadline_s = settings().trial_timeout_s
    try:
        ended = subprocess.run(  # noqa: S603 - our own interpreter and module
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=deadline_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise ModelFileError(_refusal(model, f"no result within {deadline_s:g} s")) from None
    if ended.returncode:
        raise ModelFileError(_refusal(model, summary(ended.stderr.decode(errors="replace"))))


def _refusal(model: ModelDir, reason: str) -> str:
    return f"the shapes of {model.server_dir} for TensorRT cannot be found ({reason}); leave --use_trt out"


def _child(folder: Path) -> None:
    request = Request.model_validate_json((folder / "request.json").read_bytes())
    run(request, [split_lod(golden.load(path)) for path in sorted(folder.glob("sample-*.npz"))])


if __name__ == "__main__":
    _child(Path(sys.argv[1]))
