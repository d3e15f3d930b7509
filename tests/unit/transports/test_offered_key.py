import pytest

from serving_kit.transports.offered_key import offered_key


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({}, None),
        ({"authorization": "Bearer abc"}, "abc"),
        ({"authorization": " bearer   abc "}, "abc"),
        ({"authorization": "Bearer"}, None),
        ({"authorization": "Bearer ", "x-api-key": "abc"}, None),
        ({"authorization": "Basic abc"}, None),
        ({"authorization": "Basic abc", "x-api-key": "def"}, "def"),
        ({"x-api-key": " abc "}, "abc"),
        ({"x-api-key": ""}, None),
        ({"authorization": "Bearer abc", "x-api-key": "def"}, "abc"),
    ],
)
def test_a_key_is_found_where_it_may_stand(headers: dict[str, str], key: str | None) -> None:
    assert offered_key(headers) == key
