import pytest

from serving_kit.codecs import brpc_code
from serving_kit.errors import Kind


def test_one_bad_request_never_takes_a_server_out_of_a_clients_list() -> None:
    """2003 does, which is said where a server stops."""
    assert [kind for kind in Kind if brpc_code.code_of(kind) == 2003] == [Kind.UNAVAILABLE]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1001, Kind.NOT_FOUND),
        (1002, Kind.NOT_FOUND),
        (1003, Kind.BAD_INPUT),
        (2001, Kind.INTERNAL),
        (42, Kind.INTERNAL),
    ],
)
def test_codes_of_every_bRPC_server_tell_a_kind(code: int, kind: Kind) -> None:  # noqa: N802
    assert brpc_code.kind_of(code) is kind
