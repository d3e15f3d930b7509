"""Several servers of one service as gRPC takes them: one channel that asks them in turn."""

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from serving_kit.clients.address import Address
from serving_kit.clients.grpc_call import channel_options
from serving_kit.errors import BadInput, Unavailable

_ROUND_ROBIN = '{"loadBalancingConfig": [{"round_robin": {}}]}'
_NO_PROXY = "localhost"  # a proxy is told one address, and gRPC would tell it all of them


@dataclass(frozen=True, slots=True)
class GrpcTarget:
    """What a channel is made of, and `who` listens there in a reader's words."""

    uri: str
    options: list[tuple[str, str | int]]
    who: str

    @classmethod
    def of(cls, endpoints: str | Sequence[str], limit_bytes: int) -> Self:
        """Return the target of one or more servers, `host:port` each, for messages of up to `limit_bytes`.

        The names among several are looked up here and now: Unavailable where there is none such. BadInput shows how to
        write an address.
        """
        addresses = [Address.parse(endpoint) for endpoint in ([endpoints] if isinstance(endpoints, str) else endpoints)]
        if not addresses:
            raise BadInput("no endpoint is given; name at least one server, for example 127.0.0.1:9998")
        who = ", ".join(map(str, addresses))
        is_one = len(addresses) == 1
        options = channel_options(addresses[0].host if is_one else _NO_PROXY, limit_bytes)
        uri = f"dns:///{who}" if is_one else _numbers(addresses)
        return cls(uri, [*options, ("grpc.service_config", _ROUND_ROBIN)], who)


def _numbers(addresses: Sequence[Address]) -> str:
    found = [(number, address.port) for address in addresses for number in _looked_up(address)]
    if all(number.version == 4 for number, _ in found):
        return "ipv4:" + ",".join(f"{number}:{port}" for number, port in found)
    return "ipv6:" + ",".join(f"[{_as_sixth(number)}]:{port}" for number, port in found)


def _looked_up(address: Address) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Return the numbers of a host, those of the fourth version where it has both: one server is to count once."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unavailable(f"the host of {address} cannot be found ({error}); correct its name") from None
    numbers = list(dict.fromkeys(ipaddress.ip_address(where[0]) for *_, where in found))
    return [number for number in numbers if number.version == 4] or numbers


def _as_sixth(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    return f"::ffff:{number}" if number.version == 4 else str(number)
