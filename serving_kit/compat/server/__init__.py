"""What `paddle_serving_server` offers: a server built in Python from operators and models."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serving_kit.compat.server.builder import Server
    from serving_kit.compat.server.operator import OpGraphMaker, OpMaker, OpSeqMaker

__all__ = ["OpGraphMaker", "OpMaker", "OpSeqMaker", "Server"]

# Found when first asked for: clients of pipelines, too, import what stands below this package.
_HOMES = dict.fromkeys(("OpGraphMaker", "OpMaker", "OpSeqMaker"), "operator") | {"Server": "builder"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
