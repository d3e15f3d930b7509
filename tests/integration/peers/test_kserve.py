"""KServe's own clients, REST and gRPC."""

from collections.abc import Callable

import pytest

from tests.integration.peers.conftest import Answers
from tests.peers.native import Peer

pytestmark = pytest.mark.integration

TOTALS = ["adder", "seven", [[7.0], [16.0]]]
TEXTS = ["text", "seven", list("a\0é\0".encode())]
UNKNOWN = "model 'nope' is not served here; this server has ['adder', 'mirror', 'text', 'words']"
REFUSED = {
    "rest_unknown_model": ("HTTPStatusError", "404 Not Found"),
    "grpc_unknown_model": ("AioRpcError", "NOT_FOUND"),
}


def test_every_call_gives_what_its_caller_expects(kserve: Peer, asked: Callable[[Peer, str], Answers]) -> None:
    answers = asked(kserve, "kserve_client.py")
    assert {name: answer for name, answer in answers.items() if name not in REFUSED} == {
        "rest_json": TOTALS,
        "rest_binary": TOTALS,
        "rest_half_precision_is_binary": TOTALS,
        "rest_texts": TEXTS,
        "rest_health": [True, True, True],
        "grpc_contents": TOTALS,
        "grpc_raw": TOTALS,
        "grpc_texts": TEXTS,
        "grpc_health": [True, True, True],
    }


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_carries_the_sentence(kserve: Peer, asked: Callable[[Peer, str], Answers], case: str) -> None:
    answer = asked(kserve, "kserve_client.py")[case]
    raised, code = REFUSED[case]
    assert answer["raised"] == raised
    assert code in answer["text"]
    assert UNKNOWN in answer["text"]
