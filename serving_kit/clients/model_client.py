"""The modern client: arrays in, arrays out, over HTTP, gRPC or bRPC."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeVar

from tenacity import Retrying

from serving_kit.clients.channel import Channel
from serving_kit.clients.deadline import Deadline
from serving_kit.clients.model_feed import Feeds, arrays_of, named_tensors, need_types, wanted_types
from serving_kit.clients.retry import policy
from serving_kit.errors import BadInput, DeadlineExceeded, NotFound
from serving_kit.types import Array, ElementType

T = TypeVar("T")
READY_PAUSE_S = 0.2


class ModelClient:
    """Asks one model of one server; made by `connect`, safe to share between threads, closed by `with`."""

    def __init__(self, channel: Channel, model: str | None = None, *, timeout_s: float, retries: int) -> None:
        self._channel = channel
        self._model = model
        self._timeout_s = timeout_s
        self._retries = retries
        self._types: dict[str, ElementType] | None = None

    @property
    def url(self) -> str:
        """Return the server's address."""
        return self._channel.url

    @property
    def model(self) -> str:
        """The model that is asked: the one given to `connect`, or the only one the server has; "" over bRPC."""
        return self._named(self._deadline())

    def predict(
        self, feeds: Feeds, fetch: str | Sequence[str] | None = None, timeout_s: float | None = None
    ) -> dict[str, Array]:
        """Return the model's outputs by alias, each with `<alias>.lod` beside it where it has one.

        `feeds` maps a name or alias to an array of the model's shape and dtype, batch axis first, and `<name>.lod` to
        row offsets; a plain list takes the dtype the model wants, and bfloat16 is given and returned as float32. Over
        bRPC nobody tells what the model wants: a list of floats is float32, one of integers int64, and bfloat16 is
        given as its bits, uint16. `fetch` names the outputs wanted, None is all. Raises what the server raised
        (BadInput, Unauthenticated, NotFound, TooLarge, Overloaded, Internal), DeadlineExceeded or Unavailable, each
        with one sentence.
        """
        deadline = self._deadline(timeout_s)
        model = self._named(deadline)
        tensors = named_tensors(feeds, self._wanted(model, deadline) if need_types(feeds) else {})
        names = [fetch] if isinstance(fetch, str) else list(fetch or ())
        return arrays_of(self._ask(deadline, self._channel.infer, model, tensors, names))

    def metadata(self) -> dict[str, Any]:
        """Return what the server says of the model: name, platform, inputs and outputs.

        Over HTTP its provenance, task, title, licence, engine and why that engine stand under `parameters`. Over bRPC:
        Unsupported.
        """
        deadline = self._deadline()
        return self._ask(deadline, self._channel.metadata, self._named(deadline))

    def models(self) -> list[str]:
        """Return the names of the models the server has; over bRPC: Unsupported."""
        return self._ask(self._deadline(), self._channel.models)

    def is_ready(self, timeout_s: float = 2.0) -> bool:
        """Return whether the server says within `timeout_s` seconds that it takes requests; over bRPC: listens."""
        return self._channel.is_ready(Deadline.after(timeout_s))

    def wait_ready(self, timeout_s: float = 60.0) -> None:
        """Return as soon as the server takes requests; DeadlineExceeded where `timeout_s` seconds do not suffice."""
        deadline = Deadline.after(timeout_s)
        while not self.is_ready():
            if time.monotonic() > deadline.at_s:
                raise not_ready(self.url, timeout_s)
            time.sleep(READY_PAUSE_S)

    def close(self) -> None:
        """Close the connections."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"ModelClient({self.url!r}, model={self._model!r})"

    def _deadline(self, timeout_s: float | None = None) -> Deadline:
        return Deadline.after(self._timeout_s if timeout_s is None else timeout_s)

    def _named(self, deadline: Deadline) -> str:
        if self._model is None and self._channel.has_metadata:
            self._model = only_model(self._ask(deadline, self._channel.models), self.url)
        return self._model or ""

    def _wanted(self, model: str, deadline: Deadline) -> dict[str, ElementType]:
        if self._types is None and self._channel.has_metadata:
            try:
                self._types = wanted_types(self._ask(deadline, self._channel.metadata, model))
            except NotFound:
                return {}  # the request itself will tell what is not there
        return self._types or {}

    def _ask(self, deadline: Deadline, method: Callable[..., T], *arguments: object) -> T:
        return Retrying(**policy(self._retries, deadline))(method, *arguments, deadline)


def only_model(names: Sequence[str], url: str) -> str:
    """Return the only name; BadInput asks for one where there are several or none."""
    if len(names) != 1:
        raise BadInput(f"{url} serves {len(names)} models; say which with connect(url, model=...): {names}")
    return names[0]


def not_ready(url: str, timeout_s: float) -> DeadlineExceeded:
    """Return the error for a server that did not become ready."""
    return DeadlineExceeded(f"{url} was not ready within {timeout_s:g} s; look into its log")
