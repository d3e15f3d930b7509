"""Ask a converted model in this process, as a server would."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from serving_kit import tasks
from serving_kit.runtime.load import load
from serving_kit.types import Array, join_lod, split_lod


class Asker:
    """A loaded model and its task; call it with a sample."""

    def __init__(self, model_dir: Path) -> None:
        self.loaded = load(model_dir)
        self.task = tasks.load(model_dir)

    def __call__(self, sample: Any) -> Any:
        return tasks.ask(self.task, self._predict, sample)

    def _predict(self, feeds: dict[str, Array]) -> Mapping[str, Array]:
        engine = self.loaded.engine
        names = {spec.alias: spec.name for spec in engine.inputs}
        aliases = {spec.name: spec.alias for spec in engine.outputs}
        outputs = engine.run({names[alias]: tensor for alias, tensor in split_lod(feeds).items()})
        return join_lod({aliases[name]: tensor for name, tensor in outputs.items()})
