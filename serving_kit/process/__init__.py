"""Servers as child processes, for notebooks, tests and scripts."""

from serving_kit.process.server import Server, start

__all__ = ["Server", "start"]
