"""Ask an application in this process, without a socket."""

import asyncio

import httpx

from serving_kit.metrics.counters import Metrics
from serving_kit.service.model import ServedModel
from serving_kit.service.service import Service
from serving_kit.transports.http.models import models_app
from tests.unit.served import LinearEngine, serve

LIMIT_BYTES = 20_000
ROW = [0.5] * 13  # its price is 6.5


class Asked:
    """An application of some models, the linear one where none is given; bodies are limited to LIMIT_BYTES."""

    def __init__(self, *models: ServedModel) -> None:
        self.service = Service(models or [serve(LinearEngine())], Metrics())
        self.app = models_app(self.service, max_body_bytes=LIMIT_BYTES)

    def get(self, path: str) -> httpx.Response:
        return asyncio.run(self.send("GET", path))

    def post(self, path: str, content: object, headers: dict[str, str] | None = None) -> httpx.Response:
        return asyncio.run(self.send("POST", path, content=content, headers=headers))

    async def send(self, method: str, path: str, **fields: object) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.7:9393") as client:
            del client.headers["accept-encoding"]
            return await client.request(method, path, **fields)  # type: ignore[arg-type]
