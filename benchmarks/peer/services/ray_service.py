"""Ray Serve: one replica behind Ray's HTTP proxy, with batches from `serve.batch`.

Called with port, ONNX file, slug, and the most requests a batch.
"""

# mypy: ignore-errors

import sys
import threading

import numpy as np
import orjson
import ray
from ray import serve
from session import Session
from starlette.requests import Request
from starlette.responses import Response

_WAIT_S = 0.001
_MOST_WAITING = 1000


class Inference:
    """Computes `y` from `x`, as JSON or as raw float32 by the request's path."""

    def __init__(self, onnx: str, batch: int) -> None:
        self._session = Session(onnx)
        self._run.set_max_batch_size(batch)

    async def __call__(self, request: Request) -> Response:
        """Answer one request."""
        body = await request.body()
        if request.url.path == "/json":
            answer = await self._run(np.array(orjson.loads(body)["x"], np.float32))
            return Response(
                orjson.dumps({"y": answer}, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json"
            )
        answer = await self._run(self._session.tensor(body))
        return Response(answer.tobytes(), media_type="application/octet-stream")

    @serve.batch(max_batch_size=1, batch_wait_timeout_s=_WAIT_S)
    async def _run(self, rows: list) -> list:
        return list(self._session.run(np.concatenate(rows))[:, None])


def main(port: str, onnx: str, _slug: str, batch: str) -> None:
    """Serve a model in both forms until the process is ended."""
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, configure_logging=False)
    serve.start(
        http_options={"host": "127.0.0.1", "port": int(port)},
        logging_config={"log_level": "ERROR", "enable_access_log": False},
    )
    deployment = serve.deployment(
        Inference, num_replicas=1, max_ongoing_requests=_MOST_WAITING, ray_actor_options={"num_cpus": 0.1}
    )
    serve.run(deployment.bind(onnx, int(batch)), route_prefix="/")
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
