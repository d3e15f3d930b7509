"""Every server of the comparison, in the order of the tables: to add one, import its module and name it here."""

import fnmatch
from collections.abc import Sequence

from benchmarks.peer import bentoml, fastapi, litserve, mlserver, mosec, ours, paddlex, ray, torchserve, triton
from benchmarks.peer.peer import Peer
from serving_kit.errors import BadInput

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
    paddlex.PADDLEX,
)


def peers(patterns: Sequence[str] = ()) -> tuple[Peer, ...]:
    """Return the servers whose names fit one of these, as `mosec` or `mosec*`; all of them where none is given.

    BadInput for a pattern that fits none.
    """
    names = [peer.name for peer in PEERS]
    for pattern in patterns:
        if not fnmatch.filter(names, pattern):
            raise BadInput(f"no server is called {pattern}; choose from {', '.join(names)}, or name several as ours*")
    chosen = {name for pattern in patterns or ["*"] for name in fnmatch.filter(names, pattern)}
    return tuple(peer for peer in PEERS if peer.name in chosen)
