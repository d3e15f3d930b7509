"""Serve Paddle models over Paddle Serving's own protocols, from pure Python."""

__version__ = "0.1.0"
