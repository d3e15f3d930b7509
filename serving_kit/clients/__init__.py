"""Python clients: `connect` for this project's own servers, `HttpClient` for scripts written for Paddle Serving."""

from serving_kit.clients.client import Client, connect
from serving_kit.clients.http_client import HttpClient

__all__ = ["Client", "HttpClient", "connect"]
