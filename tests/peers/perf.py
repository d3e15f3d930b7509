"""perf_analyzer: the load generator of Triton, from a wheel of its Python client that carries it."""

from benchmarks.peer.debian import LIBRARIES, unpack
from tests.peers.environment import environment
from tests.peers.native import Peer


def perf_analyzer() -> Peer:
    """Return the program and its libraries, made at the first call; Debian only (`debian.is_debian`)."""
    folder = environment("perf")
    (cuda,) = folder.glob("lib/python3*/site-packages/nvidia/cuda_runtime/lib")
    return Peer(folder / "bin" / "perf_analyzer", (unpack("libb64", ["libb64-0d"]) / LIBRARIES, cuda))
