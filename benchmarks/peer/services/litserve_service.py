"""LitServe: one API for each wire form, each with one worker process behind one process that speaks HTTP.

Called with port, ONNX file, slug, and the most requests a batch.
"""

# mypy: ignore-errors

import sys
from typing import Annotated

import litserve
import numpy as np
from fastapi import Depends, Request, Response
from session import Session

_WAIT_S = 0.001


async def read(request: Request) -> bytes:
    """Return a request's body; LitServe by itself reads JSON and forms only."""
    return await request.body()


class Inference(litserve.LitAPI):
    """Computes a batch, or one request where batching is off."""

    def setup(self, _device: str) -> None:
        """Load the model, in the worker."""
        self._session = Session(sys.argv[2])

    def batch(self, inputs: list) -> np.ndarray:
        """Put requests of one row each together."""
        return np.concatenate(inputs)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Compute."""
        return self._session.run(x)

    def unbatch(self, output: np.ndarray) -> list:
        """Take the rows apart."""
        return list(output[:, None])


class Json(Inference):
    """Takes `{"x": rows}`, answers `{"y": rows}`."""

    def decode_request(self, request: Request) -> np.ndarray:
        """Take the rows out of what LitServe decoded."""
        return np.array(request["x"], np.float32)

    def encode_response(self, output: np.ndarray) -> dict:
        """Return what LitServe encodes."""
        return {"y": output.tolist()}


class Binary(Inference):
    """Takes and answers raw float32."""

    def decode_request(self, request: Annotated[bytes, Depends(read)]) -> np.ndarray:
        """Decode a body."""
        return self._session.tensor(request)

    def encode_response(self, output: np.ndarray) -> Response:
        """Encode an answer."""
        return Response(output.tobytes(), media_type="application/octet-stream")


def main(port: str, _onnx: str, _slug: str, batch: str) -> None:
    """Serve a model in both forms."""
    batching = {"max_batch_size": int(batch), "batch_timeout": _WAIT_S} if int(batch) > 1 else {}
    apis = [Json(api_path="/json", **batching), Binary(api_path="/binary", **batching)]
    server = litserve.LitServer(apis, accelerator="cpu", devices=1, workers_per_device=1, timeout=120, fast_queue=True)
    server.run(host="127.0.0.1", port=int(port), num_api_servers=1, log_level="warning", generate_client_file=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
