"""What `paddle_serving_client` offers: the two clients."""

from serving_kit.clients import Client, HttpClient

__all__ = ["Client", "HttpClient"]
