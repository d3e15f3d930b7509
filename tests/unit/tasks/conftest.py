from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serving_kit import tasks
from serving_kit.spec import Port, Spec


def port(alias: str, shape: tuple[int, ...] = (-1,)) -> Port:
    return Port(name=f"{alias}_0.tmp_0", alias=alias, dtype="float32", shape=shape)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Any]:
    """Write a model directory's spec.json and text files, and load its task."""

    def build(
        task: str, *, files: dict[str, str] | None = None, outputs: tuple[str, ...] = ("y",), **fields: Any
    ) -> Any:
        for filename, text in (files or {}).items():
            (tmp_path / filename).write_text(text, encoding="utf-8")
        ports = {"inputs": (port("x"),), "outputs": tuple(port(alias) for alias in outputs)}
        Spec.model_validate({"name": "m", "task": task, **ports, **fields}).write(tmp_path)
        return tasks.load(tmp_path)

    return build
