"""MLServer: a runtime of its Open Inference Protocol for JSON, and a route of its own for raw bodies.

Called with port, ONNX file and slug. The model runs in the server's process (`parallel_workers=0`).
"""

# mypy: ignore-errors

import asyncio
import sys

from fastapi import Request, Response
from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec
from mlserver.handlers import custom_handler
from mlserver.settings import ModelParameters
from mlserver.types import InferenceRequest, InferenceResponse
from mlserver.utils import install_uvloop_event_loop
from session import Session


class Inference(MLModel):
    """Computes `y` from `x`."""

    async def load(self) -> bool:
        """Load the model."""
        self._session = Session(self.settings.parameters.uri)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answer JSON, one request after another."""
        answer = self._session.run(NumpyCodec.decode_input(payload.inputs[0]))
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("y", answer)])

    @custom_handler(rest_path="/binary")
    async def binary(self, request: Request) -> Response:
        """Answer raw float32."""
        answer = self._session.run(self._session.tensor(await request.body()))
        return Response(answer.tobytes(), media_type="application/octet-stream")


def main(port: str, onnx: str, slug: str) -> None:
    """Serve a model in both forms."""
    install_uvloop_event_loop()
    settings = Settings(
        debug=False,
        parallel_workers=0,
        host="127.0.0.1",
        http_port=int(port),
        grpc_port=0,
        metrics_endpoint=None,
        gzip_enabled=False,
    )
    model = ModelSettings(name=slug, implementation=Inference, parameters=ModelParameters(uri=onnx))
    asyncio.run(MLServer(settings).start([model]))


if __name__ == "__main__":
    main(*sys.argv[1:])
