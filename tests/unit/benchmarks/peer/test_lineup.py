import pytest

from benchmarks.peer.lineup import PEERS, peers
from benchmarks.peer.peer import LOCKS, Peer
from benchmarks.peer.question import Wire
from serving_kit.errors import BadInput
from tests.unit.benchmarks.peer.made import MADE

each_peer = pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)


def test_names_are_unique_and_chosen_in_full_or_by_pattern() -> None:
    assert len({peer.name for peer in PEERS}) == len(PEERS)
    assert peers() == PEERS
    assert [peer.name for peer in peers(["mosec*", "ours"])] == ["ours", "mosec", "mosec-single"]
    with pytest.raises(BadInput, match="no server is called nobody"):
        peers(["ours", "nobody"])


@each_peer
def test_what_a_peer_says_of_its_versions_is_pinned(peer: Peer) -> None:
    assert set(peer.versions()) == set(peer.packages if peer.lock else ())
    assert peer.lock is None or (LOCKS / f"{peer.lock}.in").exists()


@each_peer
def test_a_peer_takes_a_form_that_the_models_are_asked_in(peer: Peer) -> None:
    for wire, question in peer.questions(MADE).items():
        assert wire in Wire
        assert question.path.startswith("/")
        assert question.body
        assert question.summary.startswith(f"POST {question.path}, ")
