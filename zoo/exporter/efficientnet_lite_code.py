"""Where the PyTorch code of EfficientNet-Lite comes from: the package of the people who carried the weights over."""

from pathlib import Path

from serving_kit.fetch import registry
from serving_kit.fetch.registry import Client, Package
from zoo.source import archives

PACKAGE = Package(Client.WHEEL, "efficientnet-lite-pytorch", "0.1.0")
SHA256 = "ce0fe869b0e829aceafc32f84275a40c0e3418d19216401b03f695f5f20cbc41"


def wheel() -> Path:
    """Return the wheel, which Python can import from as it is: there is nothing but Python in it (Apache-2.0)."""
    return registry.fetch(PACKAGE, SHA256, archives())
