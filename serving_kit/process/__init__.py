"""Servers as child processes, for notebooks, tests and scripts."""

from serving_kit.process.server import Server, start, start_pipeline

__all__ = ["Server", "start", "start_pipeline"]
