"""Python clients: `connect` and `connect_async` for arrays over any protocol, `Client` and `HttpClient` for scripts
written for Paddle Serving.
"""

from serving_kit.clients.async_model_client import AsyncModelClient
from serving_kit.clients.brpc_client import Client
from serving_kit.clients.http_client import HttpClient
from serving_kit.clients.model_client import ModelClient
from serving_kit.clients.scheme import connect, connect_async

__all__ = ["AsyncModelClient", "Client", "HttpClient", "ModelClient", "connect", "connect_async"]
