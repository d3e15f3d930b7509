"""The models of a server by name, some of which may be loaded again or unloaded while it runs."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from serving_kit.errors import BadInput, NotFound, ServingKitError, Unsupported
from serving_kit.service.model import ServedModel

log = logging.getLogger(__name__)

Load = Callable[[str], ServedModel]
"""Loads the model of a name from its directory; takes seconds and may raise any ServingKitError."""


class State(StrEnum):
    """Where a model is in its life, in the words of Triton's repository index."""

    READY = "READY"
    LOADING = "LOADING"
    UNLOADING = "UNLOADING"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(slots=True)
class _Entry:
    model: ServedModel | None
    state: State = State.READY
    reason: str = ""


class Repository:
    """Models under the names they were started with; only those can be loaded and unloaded, and only with a `load`.

    A model that is loaded again answers until its successor is ready; one that is unloaded finishes what it accepted.
    """

    def __init__(self, models: Sequence[ServedModel], load: Load | None = None) -> None:
        names = [model.name for model in models]
        if not names or len(set(names)) < len(names):
            raise BadInput(f"a server needs models of different names, got {names}; name them with --name")
        self._entries = {model.name: _Entry(model) for model in models}
        self._load = load
        self._changing = asyncio.Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all models, in the order they were given, ready or not."""
        return tuple(self._entries)

    @property
    def models(self) -> tuple[ServedModel, ...]:
        """The models that are ready."""
        return tuple(entry.model for entry in self._entries.values() if entry.model)

    def get(self, name: str) -> ServedModel:
        """Return the model of that name; NotFound lists those there are, or says that it is unloaded."""
        entry = self._entries.get(name) or self._entry(name)
        if entry.model is None:
            raise NotFound(f"model {name!r} is not loaded ({entry.reason or entry.state}); load it first")
        return entry.model

    def index(self) -> list[tuple[str, State, str]]:
        """Return each model's name, state and, where it is unavailable, the reason."""
        return [(name, entry.state, entry.reason) for name, entry in self._entries.items()]

    async def load(self, name: str) -> None:
        """Load a model from its directory, also where it is loaded already; the error that it raises is the reason."""
        entry = self._entry(name)
        load = self._loader()
        async with self._changing:
            entry.state = State.LOADING
            try:
                loaded = await asyncio.to_thread(load, name)
            except ServingKitError as error:
                entry.state, entry.reason = State.READY if entry.model else State.UNAVAILABLE, str(error)
                raise
            before, entry.model, entry.state, entry.reason = entry.model, loaded, State.READY, ""
            if before:
                await asyncio.to_thread(before.executor.close)
        log.info("loaded %s", name)

    async def unload(self, name: str) -> None:
        """Take a model out of service and return once it has answered what it accepted; twice does no harm."""
        entry = self._entry(name)
        self._loader()
        async with self._changing:
            before, entry.model = entry.model, None
            entry.state, entry.reason = State.UNLOADING, "unloaded"
            if before:
                await asyncio.to_thread(before.executor.close)
            entry.state = State.UNAVAILABLE
        log.info("unloaded %s", name)

    def close(self) -> None:
        """Finish what every model accepted and end their threads."""
        for model in self.models:
            model.executor.close()

    def _loader(self) -> Load:
        if self._load is None:
            raise Unsupported("clients may not load or unload models here; start the server with --model_control")
        return self._load

    def _entry(self, name: str) -> _Entry:
        if name not in self._entries:
            raise NotFound(f"model {name!r} is not served here; this server has {list(self._entries)}")
        return self._entries[name]
