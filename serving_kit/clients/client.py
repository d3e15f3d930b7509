"""The modern client: arrays in, arrays out, over the Open Inference Protocol with binary tensors."""

import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Self
from urllib.parse import quote

import numpy as np
from numpy.typing import ArrayLike

from serving_kit.clients.connection import Connection
from serving_kit.codecs.json_array import parse_object
from serving_kit.codecs.open_inference import DATATYPES, decode_response, encode_request
from serving_kit.errors import BadInput, DeadlineExceeded, Internal, ServingKitError
from serving_kit.types import Array, Tensor, join_lod, split_lod

_READY_PAUSE_S = 0.2
_HEADER_LENGTH = "Inference-Header-Content-Length"
_DTYPES = {datatype: element_type.dtype for element_type, datatype in DATATYPES.items()}


def connect(url: str, *, model: str | None = None, timeout_s: float = 20.0, retries: int = 2) -> "Client":
    """Return a client of the server at `url`, e.g. `http://127.0.0.1:9393`; nothing is sent before it is used.

    `model` may be left out where the server has one model. `timeout_s` counts for a whole call, `retries` included;
    only refused connections and status 503 are tried again.
    """
    return Client(Connection(url, timeout_s=timeout_s, retries=retries), model)


class Client:
    """Asks one model of one server; made by `connect`, safe to share between threads, closed by `with`."""

    def __init__(self, connection: Connection, model: str | None = None) -> None:
        self._connection = connection
        self._model = model

    @property
    def url(self) -> str:
        """Return the server's address."""
        return self._connection.url

    @cached_property
    def model(self) -> str:
        """The model that is asked: the one given to `connect`, or the only one the server has."""
        if self._model is not None:
            return self._model
        names = self.models()
        if len(names) != 1:
            raise BadInput(f"{self.url} serves {len(names)} models; say which with connect(url, model=...): {names}")
        return names[0]

    def predict(
        self,
        feeds: Mapping[str, ArrayLike | Tensor],
        fetch: str | Sequence[str] | None = None,
        timeout_s: float | None = None,
    ) -> dict[str, Array]:
        """Return the model's outputs by alias, each with `<alias>.lod` beside it where it has one.

        `feeds` maps a name or alias to an array of the model's shape and dtype, batch axis first, and `<name>.lod` to
        row offsets; a plain list takes the dtype the model wants. `fetch` names the outputs wanted, None is all.
        Raises what the server raised (BadInput, NotFound, TooLarge, Overloaded, Internal), DeadlineExceeded or
        Unavailable, each with one sentence.
        """
        body, header_length = encode_request(
            self._tensors(feeds), [fetch] if isinstance(fetch, str) else list(fetch or ())
        )
        response = self._connection.send(
            "POST",
            f"{self._path}/infer",
            content=body,
            headers={"Content-Type": "application/octet-stream", _HEADER_LENGTH: str(header_length)},
            timeout_s=timeout_s,
        )
        length = response.headers.get(_HEADER_LENGTH)
        try:
            outputs = decode_response(response.content, None if length is None else int(length))
        except (BadInput, ValueError) as error:
            raise Internal(f"{self.url} sent an answer that cannot be read: {error}") from None
        return join_lod({name: Tensor(_writable(out.array), out.lod) for name, out in outputs.items()})

    def metadata(self) -> dict[str, Any]:
        """Return what the server says of the model: name, platform, inputs and outputs, and under `parameters` its
        provenance, task, title, licence, engine and why that engine.
        """
        return self._get_json(self._path)

    def models(self) -> list[str]:
        """Return the names of the models the server has."""
        return [str(name) for name in self._get_json("/v2/models").get("models", [])]

    def is_ready(self, timeout_s: float = 2.0) -> bool:
        """Return whether the server answers within `timeout_s` seconds that it takes requests."""
        try:
            self._connection.send("GET", "/v2/health/ready", timeout_s=timeout_s, retries=0)
        except ServingKitError:
            return False
        return True

    def wait_ready(self, timeout_s: float = 60.0) -> None:
        """Return as soon as the server takes requests; DeadlineExceeded where `timeout_s` seconds do not suffice."""
        deadline = time.monotonic() + timeout_s
        while not self.is_ready():
            if time.monotonic() > deadline:
                raise DeadlineExceeded(f"{self.url} was not ready within {timeout_s:g} s; look into its log")
            time.sleep(_READY_PAUSE_S)

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self.url!r}, model={self.__dict__.get('model', self._model)!r})"

    @property
    def _path(self) -> str:
        return f"/v2/models/{quote(self.model, safe='')}"

    @cached_property
    def _wanted(self) -> dict[str, np.dtype[np.generic]]:
        wanted = {}
        for port in self.metadata()["inputs"]:
            dtype = _DTYPES.get(port["datatype"])
            if dtype is not None:
                wanted[port["name"]] = wanted[port.get("parameters", {}).get("variable", port["name"])] = dtype
        return wanted

    def _tensors(self, feeds: Mapping[str, ArrayLike | Tensor]) -> dict[str, Tensor]:
        typed = {name: self._typed(name, value) for name, value in feeds.items()}
        return split_lod(typed)

    def _typed(self, name: str, value: object) -> object:
        if isinstance(value, (Tensor, np.ndarray)) or name.endswith(".lod"):
            return value
        try:
            array = np.asarray(value)
            typed = array.astype(self._wanted.get(name, array.dtype))
        except ValueError as error:
            raise BadInput(f"feed {name!r} cannot become an array: {error}") from None
        if typed.dtype.kind in "biu" and not np.array_equal(array, typed):
            raise BadInput(f"feed {name!r} holds values that {typed.dtype} cannot; give the model what it takes")
        return typed

    def _get_json(self, path: str) -> dict[str, Any]:
        content = self._connection.send("GET", path).content
        try:
            return parse_object(content)
        except BadInput:
            raise Internal(f"{self.url}{path} answered no JSON object; is it a server of this protocol?") from None


def _writable(array: Array) -> Array:
    return array if array.flags.writeable else array.copy()
