"""`POST /{name}/prediction` of a web service whose hooks stand before and after its models, as Flask served it."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import orjson
from fastapi import APIRouter, Request, Response

from serving_kit.codecs.json_array import parse_object
from serving_kit.errors import Internal, NotFound, ServingKitError
from serving_kit.transports.http.answer import Answer
from serving_kit.transports.http.exchange import exchange
from serving_kit.transports.http.openapi import WEB_SERVICE
from serving_kit.transports.http.question import TaskQuestion
from serving_kit.transports.http.status import HTTP_STATUS, hint
from serving_kit.types import Body

# As Flask's `jsonify` wrote it, but that what JSON has no number for is null.
_LIKE_FLASK = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


class Hooked(Protocol):
    """Models behind the hooks of a web service; `name` is the one of its path."""

    name: str

    def check_room(self) -> None:
        """Raise Overloaded where too much waits already."""

    async def answer(self, document: Mapping[str, Any]) -> object:
        """Return what stands under `result` in the answer to a request."""


class HookedRoutes:
    """One route, for the service's own name."""

    def __init__(self, hooked: Hooked, max_body_bytes: int) -> None:
        self._hooked = hooked
        self._max_body_bytes = max_body_bytes
        self.router = APIRouter(tags=["Paddle Serving"])
        self.router.add_api_route(
            "/{name}/prediction", self.predict, methods=["POST"], response_model=None, openapi_extra=WEB_SERVICE
        )

    async def predict(self, request: Request) -> Response:
        """Answer `{"feed": ..., "fetch": ...}` with `{"result": ...}`."""
        question = HookedQuestion(self._hooked, request.path_params["name"], request.url.path, request.headers)
        return await exchange(request, question, self._max_body_bytes)


class HookedQuestion(TaskQuestion):
    """A request to the service, by the name in its path."""

    def __init__(self, hooked: Hooked, name: str, path: str, headers: Mapping[str, str]) -> None:
        super().__init__(path, headers)
        self._hooked = hooked
        self._name = name

    def check(self) -> None:
        """Refuse another name, and whatever comes while too much waits."""
        if self._name != self._hooked.name:
            raise NotFound(f"there is no service {self._name!r} here; ask /{self._hooked.name}/prediction")
        self._hooked.check_room()

    async def answered(self, body: Body) -> Answer:
        """Answer as Flask's `jsonify` did."""
        result = await self._hooked.answer(parse_object(body))
        try:
            text = orjson.dumps({"result": result}, default=_plain, option=_LIKE_FLASK)
        except TypeError as error:
            raise Internal(f"what postprocess returned cannot be written as JSON: {error}") from error
        return Answer(text, media_type="application/json")

    def refuse(self, error: ServingKitError) -> Answer:
        """Put an error's text where the old web service put it."""
        body = orjson.dumps({"result": str(error)}, option=orjson.OPT_APPEND_NEWLINE)
        return Answer(body, HTTP_STATUS[error.kind], hint(error), "application/json")


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON")
