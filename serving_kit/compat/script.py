"""Run a script or a module as `python` itself would, with the old imports in place."""

import runpy
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from serving_kit.compat.finder import install, real_name
from serving_kit.errors import BadInput, NotFound

USAGE = "python -m serving_kit.compat SCRIPT [ARGS...] or python -m serving_kit.compat -m MODULE [ARGS...]"


def run(arguments: Sequence[str]) -> None:
    """Run `SCRIPT ARGS...` or `-m MODULE ARGS...` to its end; what it raises goes through.

    BadInput where nothing is named to run, NotFound where there is no such script or module.
    """
    install()
    if arguments[:1] == ["-m"]:
        if len(arguments) < 2:
            raise BadInput(f"-m names no module; give {USAGE}")
        _run_module(arguments[1], arguments[2:])
    elif not arguments or arguments[0].startswith("-"):
        raise BadInput(f"{arguments[0] if arguments else 'nothing'} cannot be run; give {USAGE}")
    else:
        _run_script(arguments[0], arguments[1:])


def _run_script(script: str, arguments: Sequence[str]) -> None:
    if not Path(script).is_file():
        raise NotFound(f"there is no script {script}; give the path of a Python file")
    with _as_main(script, arguments, str(Path(script).resolve().parent)):
        runpy.run_path(script, run_name="__main__")


def _run_module(module: str, arguments: Sequence[str]) -> None:
    with _as_main(module, arguments, str(Path.cwd())):
        real = real_name(module)
        try:
            found = find_spec(real)
        except ModuleNotFoundError as error:
            if not error.name or not module.startswith(error.name):
                raise
            found = None
        if found is None:
            raise NotFound(f"there is no module {module}; give one that can be imported")
        runpy.run_module(real, run_name="__main__", alter_sys=True)


@contextmanager
def _as_main(name: str, arguments: Sequence[str], folder: str) -> Iterator[None]:
    """Let the program see its own arguments, and find the modules beside it first."""
    before, path = sys.argv, sys.path[:]
    sys.argv = [name, *arguments]
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.argv = before
        sys.path[:] = path
