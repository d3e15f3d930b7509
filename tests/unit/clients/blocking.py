"""The client for coroutines, driven from ordinary tests, so that one test covers both clients."""

import asyncio
from typing import Any, Self

from serving_kit.clients import connect, connect_async
from serving_kit.clients.model_client import ModelClient


class Blocking:
    """An `AsyncModelClient` on an event loop of its own; each method waits for its coroutine."""

    def __init__(self, url: str, **options: Any) -> None:
        self._runner = asyncio.Runner()
        try:
            self._client = self._runner.run(self._made(url, options))
        except BaseException:
            self._runner.close()
            raise

    async def _made(self, url: str, options: dict[str, Any]) -> Any:
        return connect_async(url, **options)

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if not callable(attribute):
            return attribute
        return lambda *arguments, **options: self._runner.run(attribute(*arguments, **options))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._client.close())
        self._runner.close()


def client(kind: str, url: str, **options: Any) -> ModelClient:
    """Return a client of a kind, "sync" or "async", to be used the same way."""
    return connect(url, **options) if kind == "sync" else Blocking(url, **options)  # type: ignore[return-value]
