"""What `paddle_serving_server` offers: a server built in Python from operators and models."""

from serving_kit.compat.server.builder import Server
from serving_kit.compat.server.operator import OpGraphMaker, OpMaker, OpSeqMaker

__all__ = ["OpGraphMaker", "OpMaker", "OpSeqMaker", "Server"]
