"""What bRPC channels share: Paddle Serving's request of named tensors, and the outputs in its response."""

from collections.abc import Sequence

from serving_kit.clients.address import Address
from serving_kit.clients.channel import Tensors
from serving_kit.codecs.general_message import encode_request
from serving_kit.errors import Unsupported
from serving_kit.types import InferRequest, InferResponse


def address_of(url: str) -> Address:
    """Return the address of a `brpc://host:port` URL; BadInput shows how to write one."""
    return Address.parse(url.removeprefix("brpc://").rstrip("/"))


def payload_of(tensors: Tensors, fetch: Sequence[str]) -> bytes:
    """Return the encoded request."""
    return encode_request(InferRequest(tuple(tensors.values()), tuple(fetch)))


def outputs_of(response: InferResponse) -> Tensors:
    """Return outputs by alias, or by name where they have none; `<engine>.<alias>` where several engines answer."""
    several = len(response.outputs) > 1
    return {
        f"{output.engine_name}.{named.alias or named.name}" if several else named.alias or named.name: named
        for output in response.outputs
        for named in output.tensors
    }


def no_metadata(url: str) -> Unsupported:
    """Return the error for what bRPC cannot tell."""
    return Unsupported(f"{url} tells nothing of its models over bRPC; connect to the same port with http:// for that")
