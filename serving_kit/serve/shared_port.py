"""Several sockets on one port, among which the kernel shares connections out (SO_REUSEPORT).

Processes that accept on one inherited socket take what they can: of 8 to 32 connections one of two workers got 94 to
100 %, of a burst of 100 still 75 %. With a socket each it was 53 to 59 %. Only those that listen get connections, and
one that dies takes its socket with it, so that nobody waits in its queue.
"""

import socket


def twin(bound: socket.socket) -> socket.socket:
    """Return a new socket bound to the address of a bound one, which itself must never listen.

    The first one was bound without SO_REUSEPORT, so that a port in use is noticed; only then may others join it.
    """
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    other = socket.socket(bound.family, socket.SOCK_STREAM)
    try:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what it accepts has it too
        if bound.family == socket.AF_INET6:
            only_ipv6 = bound.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
            other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only_ipv6)
        other.bind(bound.getsockname())
    except BaseException:
        other.close()
        raise
    return other
