"""An op's model behind addresses with a scheme, as `serving_kit.connect` takes them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from serving_kit.clients.array import as_element
from serving_kit.clients.deadline import Deadline
from serving_kit.clients.model_client import ModelClient
from serving_kit.clients.model_feed import wanted_types
from serving_kit.clients.scheme import connect
from serving_kit.clients.turns import Turns
from serving_kit.errors import BadInput, NotFound, Unsupported
from serving_kit.types import Array, ElementType


class ModelOpClient:
    """Asks the servers in turn for the one model that each has."""

    def __init__(self, urls: Sequence[str], fetch: Sequence[str], timeout_s: float) -> None:
        self._servers = [_Server(url, timeout_s) for url in urls]
        self._turns = Turns(self._servers)
        self._fetch = tuple(fetch)
        self._timeout_s = timeout_s

    def predict(
        self,
        feed: Mapping[str, Any],
        fetch: Sequence[str] | None = None,
        batch: bool = True,
        log_id: int = 0,  # noqa: ARG002 - the protocol has no place for it
    ) -> dict[str, Array]:
        """Return outputs by alias; arrays are cast to the model's types where its server tells them."""
        whole = feed if batch else {name: _with_axis(name, value) for name, value in feed.items()}
        wanted = list(fetch or self._fetch)
        deadline = Deadline.after(self._timeout_s)
        return self._turns.ask(lambda server, _: server.predict(whole, wanted, deadline))

    def close(self) -> None:
        """Close the connections."""
        for server in self._servers:
            server.close()


class _Server:
    def __init__(self, url: str, timeout_s: float) -> None:
        self._client: ModelClient = connect(url, timeout_s=timeout_s, retries=0)
        self._types: Mapping[str, ElementType] | None = None
        self.close = self._client.close

    def predict(self, feed: Mapping[str, Any], fetch: Sequence[str], deadline: Deadline) -> dict[str, Array]:
        types = self._wanted()
        feeds = {name: _cast(name, value, types.get(name)) for name, value in feed.items()}
        return self._client.predict(feeds, fetch, timeout_s=deadline.left_s(self._client.url))

    def _wanted(self) -> Mapping[str, ElementType]:
        if self._types is None:
            try:
                self._types = wanted_types(self._client.metadata())
            except (NotFound, Unsupported):  # the request itself tells what is not there; bRPC tells nothing
                return {}
        return self._types


def _cast(name: str, value: Any, element_type: ElementType | None) -> Any:
    if element_type is None:
        return value
    try:
        return as_element(value, element_type, f"feed {name!r}")
    except ValueError as error:
        raise BadInput(str(error)) from None


def _with_axis(name: str, value: Any) -> Any:
    return value if name.endswith(".lod") else np.asarray(value)[np.newaxis]
