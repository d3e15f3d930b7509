"""The functions that steps call, written `module:function`."""

import difflib
import hashlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from serving_kit.errors import BadInput


class Functions:
    """Loads modules, each once: files beside the pipeline's own first, then whatever Python can import.

    A file gets a name of its own among the modules, so that two pipelines may each have a `steps.py`. What it imports
    may stand beside it too, unless something installed has the same name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._modules: dict[str, ModuleType] = {}

    def find(self, target: str) -> Callable[..., Any]:
        """Return a function; BadInput says what is missing or broken."""
        name, _, attribute = target.partition(":")
        if name not in self._modules:
            self._modules[name] = self._load(name)
        module = self._modules[name]
        if not hasattr(module, attribute):
            near = difflib.get_close_matches(attribute, vars(module), n=1)
            hint = f"did you mean {near[0]}?" if near else "define it there"
            raise BadInput(f"{module.__file__ or name} has no {attribute}; {hint}")
        function: object = getattr(module, attribute)
        if not callable(function):
            raise BadInput(f"{target} is {type(function).__name__}; it must be a function that returns a dict")
        return function

    def _load(self, name: str) -> ModuleType:
        path = self._folder.joinpath(*name.split(".")).with_suffix(".py")
        try:
            return self._of_file(name, path) if path.is_file() else importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name.partition(".")[0] and error.name != name:
                raise BadInput(f"module {name} cannot be loaded: {error}{_place(error, path)}") from error
            raise BadInput(f"there is neither {path} nor an installed module {name}; write one") from None
        except (Exception, SystemExit) as error:
            reason = f"{type(error).__name__}: {error}{_place(error, path)}"
            raise BadInput(f"module {name} cannot be loaded: {reason}") from error

    def _of_file(self, name: str, path: Path) -> ModuleType:
        if str(self._folder) not in sys.path:
            sys.path.append(str(self._folder))
        known_as = f"{name}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
        spec = importlib.util.spec_from_file_location(known_as, path)
        assert spec is not None  # noqa: S101 - a .py file has a loader
        assert spec.loader is not None  # noqa: S101
        module = importlib.util.module_from_spec(spec)
        sys.modules[known_as] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[known_as]
            raise
        return module


def _place(error: BaseException, path: Path) -> str:
    """Return where in the file it happened."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f" ({path}, line {lines[-1]})" if lines else ""
