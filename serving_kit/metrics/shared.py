"""Counters of several processes as one: prometheus_client keeps each in a file, and reads them together."""

import os
from pathlib import Path
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, multiprocess

from serving_kit.metrics.counters import expose

# prometheus_client reads it when it is first imported, so that it has to be in a process's environment from the start.
_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def shared_registry() -> CollectorRegistry | None:
    """Return a registry of what all processes counted; None in a process that counts for itself alone."""
    return _registry(os.environ[_VARIABLE]) if _VARIABLE in os.environ else None


class SharedCounters:
    """The counters of the processes that are started with `environment`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._exposer: tuple[WSGIServer, Thread] | None = None

    def environment(self) -> dict[str, str]:
        """Return the environment of a process that counts here."""
        return {**os.environ, _VARIABLE: str(self._folder)}

    def expose(self, port: int) -> None:
        """Serve what all of them counted on 127.0.0.1; BadInput where the port is taken."""
        self._exposer = expose(_registry(str(self._folder)), port)

    def forget(self, pid: int) -> None:
        """Let go of what only a living process has; what it counted stays."""
        multiprocess.mark_process_dead(pid, str(self._folder))  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Stop serving."""
        if self._exposer:
            server, _ = self._exposer
            server.shutdown()
            server.server_close()


def _registry(folder: str) -> CollectorRegistry:
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    return registry
