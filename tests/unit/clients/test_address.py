import pytest

from serving_kit.clients.address import Address
from serving_kit.errors import BadInput


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9393", Address("127.0.0.1", 9393)),
        ("models.example.com:1", Address("models.example.com", 1)),
        ("[::1]:65535", Address("::1", 65535)),
    ],
)
def test_an_address_is_read_and_written_the_same_way(text: str, address: Address) -> None:
    assert Address.parse(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    ["", ":9393", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "a:x", "::1:9393", "[]:1", "a:-1"],
)
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInput, match=r"write it like 127\.0\.0\.1:9393 or \[::1\]:9393"):
        Address.parse(text)
