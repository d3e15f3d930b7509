"""An import finder that answers for the names of Paddle Serving's three packages."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from serving_kit.compat.name import MODULES, PACKAGES, VERSION, remedy
from serving_kit.errors import Unsupported


class NotOffered(Unsupported, ImportError):
    """A name of Paddle Serving that stands for nothing here; also an ImportError, which old scripts catch."""


def install() -> None:
    """Make `paddle_serving_client`, `paddle_serving_server` and `paddle_serving_app` importable; twice does no harm.

    They win over packages of the same names that are installed, unless these were imported before.
    """
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def real_name(name: str) -> str:
    """Return the module of ours behind an old one, any other name as it is; NotOffered says what to use instead."""
    if name.partition(".")[0] not in PACKAGES:
        return name
    if name not in MODULES:
        raise NotOffered(f"{name} of Paddle Serving is not offered; {remedy(name)}")
    return MODULES[name]


class _Finder(MetaPathFinder):
    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - part of the protocol
        target: ModuleType | None = None,  # noqa: ARG002 - part of the protocol
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in PACKAGES:
            return None
        # As a package throughout, `from old.module import name` asks this finder for what a module lacks.
        return ModuleSpec(fullname, _Loader(real_name(fullname)), is_package=True)


class _Loader(Loader):
    """Fills a module of the old name with what the real one offers, which keeps its own name and identity.

    What a real one finds when it is first asked for is found at that time under the old name too.
    """

    def __init__(self, real: str) -> None:
        self._real = real

    def exec_module(self, module: ModuleType) -> None:
        real = import_module(self._real)
        offered = getattr(real, "__all__", None) or [name for name in vars(real) if not name.startswith("_")]
        door = getattr(real, "__getattr__", None)
        vars(module).update({"__getattr__": door} if door else {name: getattr(real, name) for name in offered})
        vars(module).update({"__doc__": real.__doc__, "__all__": list(offered), "__version__": VERSION})
