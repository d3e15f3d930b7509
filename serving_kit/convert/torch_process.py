"""The child process that runs PyTorch; only the interpreter of `torch.lock`'s environment can start it.

`torch_process.py <command> <folder> <model> [<program>] [--code <path>]...`, where the command is

- `answer`: `program.answer(torch, weights, inputs)` of `feeds-0.npz`, with the weights file's tensors by name;
- `trace`: `program.build(torch, weights)` returns a module, the arguments to trace it with by name, and the outputs'
  names; leaves `traced.pt`, TorchScript with `ports.json` inside, which keeps those names and the shapes;
- `ask`: a TorchScript model's answer to the first `feeds-<n>.npz` that it takes, whose name it leaves in `taken.json`;
- `export`: a TorchScript model as `model.onnx`.

Answers are left in `answer.npz`. One thread, so that an answer does not depend on the machine's cores.
"""

import argparse
import json
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np

torch: Any = import_module("torch")  # nothing but this process has it, so no tool that reads this file does
OPSET = 15  # the highest that x2paddle 1.6 reads


def answer(folder: Path, weights: Path, program: Path) -> None:
    """Have a program answer with weights that it is given by name."""
    inputs = {name: torch.from_numpy(array) for name, array in _arrays(folder / "feeds-0.npz").items()}
    _save(folder / "answer.npz", _load(program).answer(torch, _weights(weights), inputs))


def trace(folder: Path, weights: Path, program: Path) -> None:
    """Record what a program's network does to an example; -1 stands for the batch axis, which stays open."""
    module, arguments, outputs = _load(program).build(torch, _weights(weights))
    ports = {
        "inputs": {
            name: {"shape": [-1, *tensor.shape[1:]], "dtype": str(tensor.dtype).removeprefix("torch.")}
            for name, tensor in arguments.items()
        },
        "outputs": outputs,
    }
    traced = torch.jit.trace(module.eval(), tuple(arguments.values()))
    torch.jit.save(traced, str(folder / "traced.pt"), _extra_files={"ports.json": json.dumps(ports)})


def ask(folder: Path, model: Path) -> None:
    """Run a TorchScript model."""
    module, ports = _script(model)
    refusal = ""
    for path in sorted(folder.glob("feeds-*.npz")):
        arrays = _arrays(path)
        try:
            outputs = module(*(torch.from_numpy(arrays[name]) for name in ports["inputs"]))
        except Exception as error:  # noqa: BLE001 - made-up input may be refused in any way
            refusal = refusal or str(error)
            continue
        _save(folder / "answer.npz", dict(zip(ports["outputs"], _tuple(outputs), strict=True)))
        (folder / "taken.json").write_text(json.dumps(path.name), encoding="utf-8")
        return
    sys.exit(refusal)


def export(folder: Path, model: Path) -> None:
    """Turn TorchScript into ONNX; where several axes are open, their names keep them apart."""
    module, ports = _script(model)
    open_axes, arguments = {}, []
    for name, port in ports["inputs"].items():
        open_axes[name] = {axis: f"{name}_{axis}" for axis, size in enumerate(port["shape"]) if size < 0}
        shape = [size if size > 0 else 1 for size in port["shape"]]
        arguments.append(torch.zeros(shape, dtype=getattr(torch, port["dtype"])))
    open_axes |= {name: {0: f"{name}_0"} for name in ports["outputs"]}
    torch.onnx.export(
        module,
        tuple(arguments),
        str(folder / "model.onnx"),
        input_names=list(ports["inputs"]),
        output_names=ports["outputs"],
        dynamic_axes=open_axes,
        opset_version=OPSET,
        dynamo=False,
    )


def _script(model: Path) -> tuple[Any, dict[str, Any]]:
    kept = {"ports.json": ""}
    try:
        module = torch.jit.load(str(model), map_location="cpu", _extra_files=kept)
    except Exception as error:  # noqa: BLE001 - files that are something else fail in many ways
        sys.exit(f"it is no TorchScript ({str(error).strip().splitlines()[0]}); save it with torch.jit.save")
    if not kept["ports.json"]:
        sys.exit("it does not say its inputs; save it with ports.json among _extra_files")
    return module.eval(), json.loads(kept["ports.json"])


def _weights(path: Path) -> dict[str, Any]:
    """Return a state dict's tensors, never unpickling more than tensors; those of a folder bear their file's stem."""
    if path.is_dir():
        parts = {file.stem: _weights(file) for file in sorted(path.iterdir())}
        return {f"{stem}.{name}": tensor for stem, part in parts.items() for name, tensor in part.items()}
    if path.read_bytes()[8:9] == b"{":  # safetensors: eight bytes of length, then JSON
        state: dict[str, Any] = import_module("safetensors.torch").load_file(str(path))
        return state
    return dict(torch.load(str(path), map_location="cpu", weights_only=True))


def _load(program: Path) -> Any:
    spec = spec_from_file_location(program.stem, program)
    if spec is None or spec.loader is None:
        sys.exit(f"{program} is no Python file; give a program that ends in .py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _arrays(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def _save(path: Path, outputs: dict[str, Any]) -> None:
    np.savez(path, **{name: tensor.numpy() for name, tensor in outputs.items()})


def _tuple(outputs: Any) -> tuple[Any, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Run PyTorch on a model.")
    commands = {command.__name__: command for command in (answer, trace, ask, export)}
    parser.add_argument("command", choices=commands)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--code", action="append", default=[])
    given = parser.parse_args()
    sys.path[:0] = given.code
    torch.set_num_threads(1)
    with torch.no_grad():
        commands[given.command](*given.paths)
