import socket
from typing import Any

import pytest

from serving_kit.clients.grpc_target import GrpcTarget

HOSTS = {
    "both": ["::5", "10.0.0.5"],
    "sixth": ["fd00::6"],
    "two": ["10.0.0.1", "10.0.0.2", "10.0.0.1"],
}


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        return [(0, 0, 0, "", (number, port)) for number in HOSTS.get(host, [host])]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize(
    ("endpoints", "uri"),
    [
        ("host:1", "dns:///host:1"),
        (["[::1]:1"], "dns:///[::1]:1"),
        (["10.0.0.1:1", "10.0.0.2:2"], "ipv4:10.0.0.1:1,10.0.0.2:2"),
        (["two:1", "both:2"], "ipv4:10.0.0.1:1,10.0.0.2:1,10.0.0.5:2"),
        (["[::1]:1", "[fd00::6]:2"], "ipv6:[::1]:1,[fd00::6]:2"),
        (["10.0.0.1:1", "sixth:2"], "ipv6:[::ffff:10.0.0.1]:1,[fd00::6]:2"),
    ],
)
def test_servers_become_one_target(endpoints: Any, uri: str) -> None:
    assert GrpcTarget.of(endpoints, 9).uri == uri


def test_messages_have_a_limit_and_several_servers_no_proxy() -> None:
    one, two = (dict(GrpcTarget.of(endpoints, 9).options) for endpoints in ("host:1", ["10.0.0.1:1", "10.0.0.2:1"]))
    assert one["grpc.max_receive_message_length"] == one["grpc.max_send_message_length"] == 9
    assert (one["grpc.enable_http_proxy"], two["grpc.enable_http_proxy"]) == (1, 0)


def test_a_reader_is_told_the_addresses_as_they_were_given() -> None:
    assert GrpcTarget.of(["two:1", "both:2"], 9).who == "two:1, both:2"
