"""What both clients of pipelines share: how they ask, and what they send."""

import socket
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from serving_kit.codecs.pipeline_message import FULL_SERVICE, METHOD, PipelineRequest, encode_request
from serving_kit.errors import BadInput

PATH = f"/{FULL_SERVICE}/{METHOD}"
LIMIT_BYTES = 512 << 20
TIMEOUT_S = 300.0  # old scripts wait without end; so long only a server that hangs lets them wait
RETRIES = 2
_PROFILE = "pipeline.profile"
_OF_REQUEST = ("logid", "clientip")


class WrongFeed(BadInput, TypeError):
    """A feed is of a type that a pipeline cannot be sent; also a TypeError, which old scripts catch."""


def question(
    feed: Mapping[str, Any], *, as_tensors: bool = False, as_bytes: bool = False, profile: bool = False, log_id: int = 0
) -> bytes:
    """Return the encoded request of a feed, its arrays as text, as tensors or, among tensors, as bytes.

    The keys `logid` and `clientip` belong to the request; `log_id` goes before the former where it is not 0. WrongFeed
    names what is no text, array or list.
    """
    if not isinstance(feed, Mapping):
        raise WrongFeed(f"feed must be dict type with format: {{name: value}}, not {type(feed).__name__}")
    values = {name: _value(name, value) for name, value in feed.items() if name not in _OF_REQUEST}
    if profile:
        values[_PROFILE] = "1"
    try:
        number = int(log_id or feed.get("logid") or 0)
        request = PipelineRequest(values, number, str(feed.get("clientip") or own_address()))
        return encode_request(request, as_tensors=as_tensors, as_bytes=as_tensors and as_bytes)
    except (ValueError, TypeError) as error:
        raise WrongFeed(f"the feed cannot be sent: {error}; give text and arrays of numbers") from None


@cache
def own_address() -> str:
    """Return this host's address, by which servers know their clients; empty where it has no name."""
    try:
        return socket.gethostbyname(socket.gethostname())
    except OSError:
        return ""


def _value(name: str, value: object) -> object:
    if isinstance(value, str | np.ndarray):
        return value
    if not isinstance(value, list | tuple):
        raise WrongFeed(f"feed {name!r} is {type(value).__name__}; only str, list and np.ndarray are sent")
    try:
        return np.array(value)
    except ValueError as error:
        raise WrongFeed(f"feed {name!r} cannot become an array: {error}") from None
