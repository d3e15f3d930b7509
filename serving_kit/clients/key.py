"""The API key that a client sends, and how."""

import re

from serving_kit.errors import BadInput

_KEY = re.compile(r"[!-~]+")


def checked_key(api_key: str | None) -> str | None:
    """Return a key that a header can carry, None where there is none; BadInput does not show what is wrong with it."""
    if api_key is not None and not _KEY.fullmatch(api_key):
        raise BadInput("api_key is no API key; give the server's key without spaces or line ends around it")
    return api_key


def headers_of(api_key: str | None) -> dict[str, str]:
    """Return the headers, or gRPC's metadata, that carry a key."""
    return {} if api_key is None else {"authorization": f"Bearer {api_key}"}
