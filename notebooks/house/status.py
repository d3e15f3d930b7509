"""How the house's commands end: with a status of their own, or as every command of this project does."""

from collections.abc import Callable

from serving_kit.command import exit_status


def of(command: Callable[[], int]) -> int:
    """Run a command and return its own status, or 2 with one sentence on standard error where it could not be done."""
    own: list[int] = []
    return exit_status(lambda: own.append(command())) or own[0]
