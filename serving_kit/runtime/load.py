"""Load a model for serving: open its directory, prove it in a child process, then load it here."""

import logging
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from serving_kit.runtime import backend, spread, tensorrt
from serving_kit.runtime.engine import Engine
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineOptions, check_supported
from serving_kit.runtime.verdict import Verdict, decide
from serving_kit.spec import Provenance
from serving_kit.types import TensorSpec

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadedModel:
    """A model that runs, and why it runs the way it does."""

    model: ModelDir
    engine: Engine
    verdict: Verdict
    options: EngineOptions = field(default_factory=EngineOptions)

    def explained(self, reason: str) -> "LoadedModel":
        """Return the same with a further reason for the way it runs."""
        return replace(self, verdict=self.verdict.model_copy(update={"reason": f"{self.verdict.reason}; {reason}"}))

    def metadata(self) -> dict[str, Any]:
        """Return what may be said over the wire: plain values, no paths of this machine."""
        spec = self.model.spec
        return {
            "name": self.model.name,
            "title": spec.title if spec else "",
            "task": spec.task if spec else None,
            "provenance": str(spec.provenance if spec else Provenance.UNKNOWN),
            "source": spec.source if spec else "",
            "licence": spec.licence if spec else "",
            "platform": backend.platform(self.model.program, self.options),
            "engine": self._engine_name(),
            "engine_reason": self.verdict.reason,
            "inputs": [_describe(tensor) for tensor in self.model.inputs],
            "outputs": [_describe(tensor) for tensor in self.model.outputs],
        }

    def _engine_name(self) -> str:
        engine = backend.engine_of(self.model.program, self.options)
        if engine != "paddle":
            return engine
        return "paddle+onednn" if self.verdict.onednn else "paddle"


def load(path: str | Path | ModelDir, options: EngineOptions | None = None) -> LoadedModel:
    """Load a model directory.

    Raises Unsupported for options this machine cannot honour and ModelFileError for files that cannot be loaded. Native
    crashes and hangs happen in a child process only; its verdict is remembered, so a second start pays nothing.
    """
    options = options or EngineOptions()
    check_supported(options)
    model = path if isinstance(path, ModelDir) else ModelDir.open(path)
    backend.check(model.program, options, (*model.inputs, *model.outputs))
    options = tensorrt.prepare(model, options)
    verdict = decide(model, options)
    if options.onednn and not verdict.onednn:
        _logger.warning("%s was to run with oneDNN: %s", model.name, verdict.reason)
    chosen = replace(options, onednn=verdict.onednn)
    return LoadedModel(model, spread.load(model, chosen), verdict, chosen)


def _describe(spec: TensorSpec) -> dict[str, Any]:
    dtype = spec.element_type.dtype.name
    return {"name": spec.name, "alias": spec.alias, "dtype": dtype, "shape": list(spec.shape), "lod": spec.is_lod}
