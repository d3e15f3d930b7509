"""What other servers reached on the same task: one core, the 13 to 1 model, JSON unless their name says otherwise."""

from dataclasses import dataclass

SOURCE = "measured on another day on two shared cores, with ONNX Runtime as the engine; compare orders of magnitude"


@dataclass(frozen=True)
class Reference:
    """Another server's figures: requests/s by concurrency, the server's CPU time a request as it was noted."""

    name: str
    requests_per_s: dict[int, float]
    server_cpu_us: str
    over: str = "HTTP+JSON"


REFERENCES = (
    Reference("asyncio.Protocol + httptools + orjson", {1: 15390, 32: 23923, 100: 22604}, "20-27"),
    Reference("uvicorn, raw ASGI + orjson", {1: 11415, 32: 18203, 100: 16128}, "46-53"),
    Reference("Triton HTTP (C++)", {1: 11048, 32: 15491, 100: 13765}, "47-71"),
    Reference("FastAPI, raw Request + orjson", {1: 4540, 32: 5675, 100: 6762}, "148"),
    Reference("FastAPI + pydantic", {1: 2834, 32: 3877, 100: 3932}, "162-236"),
    Reference("MLServer", {1: 1623, 32: 1949, 100: 1612}, "500"),
    Reference("Triton gRPC (C++)", {1: 5843, 32: 6564, 100: 5331}, "104-130", over="gRPC"),
)
