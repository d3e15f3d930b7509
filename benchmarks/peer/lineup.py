"""Every server of the comparison, in the order of the tables: to add one, import its module and name it here."""

from collections.abc import Sequence

from benchmarks.peer import bentoml, fastapi, litserve, mlserver, mosec, ours, ray, torchserve, triton
from benchmarks.peer.peer import Peer

PEERS: tuple[Peer, ...] = (
    ours.DEFAULT,
    ours.BATCHED,
    ours.PADDLE,
    ours.AUTO,
    mosec.BATCHED,
    mosec.SINGLE,
    triton.PYTHON,
    triton.ONNX,
    fastapi.RAW,
    fastapi.PYDANTIC,
    litserve.LITSERVE,
    bentoml.BENTOML,
    mlserver.MLSERVER,
    ray.RAY,
    torchserve.TORCHSERVE,
)


def peers(names: Sequence[str] = ()) -> tuple[Peer, ...]:
    """Return the servers whose names begin with one of these, all of them where none is named."""
    return tuple(peer for peer in PEERS if not names or peer.name.startswith(tuple(names)))
