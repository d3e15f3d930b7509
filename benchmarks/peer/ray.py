"""Ray Serve on one node, as its tuning guide advises."""

from collections.abc import Mapping

from benchmarks.peer.peer import SERVICES, Job, Peer, service
from benchmarks.peer.question import Wire, plain_json, raw


def _variables(_: Job) -> Mapping[str, str]:
    return {
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        "RAY_SERVE_ENABLE_DIRECT_INGRESS": "0",  # it would leave the port to the replica, without Ray's own routing
        "RAY_USAGE_STATS_ENABLED": "0",
        "PYTHONPATH": str(SERVICES),  # the replica is a process of Ray's
    }


RAY = Peer(
    name="ray",
    title="Ray Serve",
    settings="one node, one proxy, one replica, throughput-optimised, no dashboard, no access log; up to 32 (m1), "
    "8 (m2), 1 (m3) requests a batch, which waits 1 ms at most",
    command=lambda job: service("ray_service.py", job, str(job.made.model.batch)),
    questions=lambda made: {Wire.JSON: plain_json("/json", made), Wire.BINARY: raw("/binary", made)},
    lock="ray",
    packages=("ray", "starlette", "uvicorn", "uvloop", "orjson", "onnxruntime"),
    variables=_variables,
)
