"""PyTorch as a source runtime: the real thing, in an environment of its own and a process of its own.

What a caller wants computed stands in a *program*, a Python file that only the environment's interpreter loads. It
needs no import of PyTorch, which is handed to it, and offers `answer(torch, weights, inputs)` for a comparison or
`build(torch, weights)` for a trace; `torch_process.py` says more.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from serving_kit.convert import child, environment
from serving_kit.convert.translation import Answer, Reference
from serving_kit.runtime import golden
from serving_kit.types import Array, Tensor

LOCK = Path(__file__).parent / "torch.lock"
_PROCESS = Path(__file__).parent / "torch_process.py"


def version() -> str:
    """Return the PyTorch that answers, as `torch 2.13.0`."""
    pins = dict(line.split("==") for line in LOCK.read_text(encoding="utf-8").split())
    return f"torch {pins['torch']}"


def reference(program: Path, weights: Path, source_format: str = "pytorch", code: Sequence[Path] = ()) -> Reference:
    """Return what a converted model is compared with: `program`'s answer with `weights`, keyed by alias.

    `code` are folders or pure-Python wheels that the program imports from.
    """

    def answer(inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        with TemporaryDirectory() as name:
            folder = Path(name)
            golden.save(folder / "feeds-0.npz", {alias: tensor.array for alias, tensor in inputs.items()})
            run("answer", folder, weights, program, code)
            return {alias: Tensor(array) for alias, array in golden.load(folder / "answer.npz").items()}

    return Reference(source_format, version(), answer)


def trace(program: Path, weights: Path, destination: Path, code: Sequence[Path] = ()) -> None:
    """Write the network that `program` builds with `weights` to `destination`, as TorchScript that knows its inputs."""
    with TemporaryDirectory() as name:
        run("trace", Path(name), weights, program, code)
        (Path(name) / "traced.pt").replace(destination)


def first_answer(model: Path, feeds: Iterable[Mapping[str, Array]], folder: Path) -> Answer:
    """Return a TorchScript model's answer to the first of `feeds` that it takes; ModelFileError where it takes none."""
    for number, arrays in enumerate(feeds):
        golden.save(folder / f"feeds-{number}.npz", arrays)
    run("ask", folder, model)
    taken = json.loads((folder / "taken.json").read_bytes())
    outputs = {name: Tensor(array) for name, array in golden.load(folder / "answer.npz").items()}
    return Answer(golden.load(folder / taken), outputs)


def run(command: str, folder: Path, model: Path, program: Path | None = None, code: Sequence[Path] = ()) -> None:
    """Run a command of `torch_process.py`, which reads and leaves its files in `folder`.

    Unavailable where there is no environment and none can be made, ModelFileError with the child's last words.
    """
    words = [command, str(folder.resolve()), str(model.resolve()), *([str(program)] if program else [])]
    imported = [part for path in code for part in ("--code", str(path.resolve()))]
    interpreter = [str(environment.python(LOCK)), "-I", "-W", "ignore", str(_PROCESS)]
    child.run(model, "run by PyTorch", [*interpreter, *words, *imported])
