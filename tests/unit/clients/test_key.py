import pytest

from serving_kit.clients import connect
from serving_kit.errors import BadInput

KEY = "correct-horse-battery"


@pytest.mark.parametrize("key", ["", "a b", f"{KEY}\r\nX-Other: a", f"{KEY}\n", f"{KEY}\xe9"])
@pytest.mark.parametrize("scheme", ["http", "grpc", "brpc"])
def test_a_key_that_no_header_carries_is_refused_unseen(scheme: str, key: str) -> None:
    with pytest.raises(BadInput, match="api_key is no API key; give the server's key without spaces") as caught:
        connect(f"{scheme}://127.0.0.1:9393", api_key=key)
    assert not key or key not in str(caught.value)
