"""Models behind the hooks of a web service: `preprocess` makes a request of what came, `postprocess` the answer."""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from serving_kit.clients.config import ClientConfig
from serving_kit.clients.model_feed import arrays_of
from serving_kit.errors import BadInput, Internal, Overloaded, ServingKitError
from serving_kit.pipeline.threads import OpThreads
from serving_kit.serve.hooked_feed import feed_tensors
from serving_kit.service.service import Service
from serving_kit.types import InferRequest, InferResponse, NamedTensor

log = logging.getLogger(__name__)

_THREADS = 64  # that hooks run on at a time; Flask had one for each request


class Hooks(Protocol):
    """The two hooks, and the name in the path."""

    name: str

    def preprocess(self, feed: Any = ..., fetch: Any = ...) -> Any:
        """Return a feed or several, the outputs to fetch, and whether the feed has its batch axis."""

    def postprocess(self, feed: Any = ..., fetch: Any = ..., fetch_map: Any = ...) -> Any:
        """Return what stands in the answer."""


class HookedModel:
    """Runs hooks in threads and models on their own; at most `limit` requests at a time.

    `config` has the names that hooks know inputs and outputs by.
    """

    def __init__(self, hooks: Hooks, service: Service, config: ClientConfig, limit: int = 1024) -> None:
        self.name = hooks.name
        self._hooks = hooks
        self._service = service
        self._config = config
        self._threads = OpThreads(hooks.name, _THREADS)
        self._limit = limit
        self._asked = 0

    def check_room(self) -> None:
        """Raise Overloaded where `limit` requests are on their way."""
        if self._asked >= self._limit:
            raise Overloaded(f"{self._limit} requests are on their way already; try again later")

    async def answer(self, document: Mapping[str, Any]) -> object:
        """Return the result for `{"feed": ..., "fetch": ...}`; what a hook does wrong fails this request alone.

        A ValueError of a hook is BadInput with its own text, as the old service told it; other errors are Internal.
        """
        for key in ("feed", "fetch"):
            if key not in document:
                raise BadInput(f'"{key}" is missing; send {{"feed": [{{input: value}}], "fetch": [output]}}')
        self._asked += 1
        try:
            request, fetch = await self._threads.run(partial(self._before, document["feed"], document["fetch"]))
            response = await self._service.infer(None, request)
            return await self._threads.run(partial(self._after, document["feed"], fetch, response))
        finally:
            self._asked -= 1

    def _before(self, given: Any, asked: Any) -> tuple[InferRequest, Any]:
        prepared = _run("preprocess", self._hooks.preprocess, given, asked)
        if not isinstance(prepared, tuple | list) or len(prepared) != 3:
            raise Internal(f"preprocess of {self.name!r} must return feed, fetch and is_batch, not {prepared!r:.80}")
        feed, fetch, is_batch = prepared
        if isinstance(feed, dict):
            feed.pop("fetch", None)  # which clients of old put into the feed
        if isinstance(feed, dict | list | tuple | str) and not feed:
            raise BadInput("empty input")
        try:
            tensors = feed_tensors(feed, self._config.feeds, batch=bool(is_batch))
            known = set(self._config.known_fetch(fetch))
        except ValueError as error:
            raise BadInput(str(error)) from error
        wanted = tuple(spec.name for spec in self._config.fetches if spec.alias in known)
        return InferRequest(tensors, wanted, may_lack_batch=True), fetch

    def _after(self, given: Any, fetch: Any, response: InferResponse) -> object:
        aliases = {spec.name: spec.alias for spec in self._config.fetches}
        tensors: dict[str, NamedTensor] = {
            aliases.get(named.name, named.alias): named for named in response.outputs[-1].tensors
        }
        return _run("postprocess", self._hooks.postprocess, feed=given, fetch=fetch, fetch_map=arrays_of(tensors))


def _run(name: str, hook: Callable[..., Any], *values: Any, **named: Any) -> Any:
    try:
        return hook(*values, **named)
    except ServingKitError:
        raise
    except ValueError as error:
        raise BadInput(str(error) or f"{name} refuses this request") from error
    except Exception as error:
        log.exception("%s failed", name)
        raise Internal(f"{name} failed on this request: {type(error).__name__}: {error}") from error
