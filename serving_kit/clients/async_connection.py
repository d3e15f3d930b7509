"""HTTP requests to one server for coroutines; see `connection`."""

import asyncio

import httpx

from serving_kit.clients.connection import Ask, checked_url, options, told, whole
from serving_kit.clients.deadline import Deadline


class AsyncConnection:
    """Kept-alive connections to `url`, shared by the tasks of one event loop."""

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self.url = checked_url(url)
        self._http = httpx.AsyncClient(timeout=None, **options(api_key))  # noqa: S113 - the deadline is the timeout

    async def send(self, ask: Ask, deadline: Deadline) -> httpx.Response:
        """Return the answer, of status 200 to 299, read to its end; raises what `Connection.send` raises."""
        request = self._http.build_request(ask.method, self.url + ask.path, content=ask.content, headers=ask.headers)
        try:
            async with asyncio.timeout(deadline.left_s(self.url)):
                response = await self._http.send(request, stream=True)
                try:
                    parts = [part async for part in response.aiter_bytes()]
                finally:
                    await response.aclose()
            return whole(response, parts)
        except TimeoutError:
            raise deadline.exceeded(self.url) from None
        except httpx.HTTPError as error:
            raise told(error, self.url, deadline) from None

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()
