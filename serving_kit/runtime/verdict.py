"""Decide, once for each model and machine, whether it loads and whether oneDNN may compute it."""

from pydantic import BaseModel, ConfigDict

from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineOptions


class Verdict(BaseModel):
    """Whether oneDNN computes the model, why, and how far its answer was from the expected one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    onednn: bool
    reason: str
    max_abs_difference: float | None = None


def decide(model: ModelDir, options: EngineOptions) -> Verdict:
    """Return the remembered verdict for these files and options, or reach one in a child process."""
    if options.onednn is None:
        return Verdict(onednn=False, reason=f"{model.name} has not been tried with oneDNN")
    return Verdict(onednn=options.onednn, reason="set by option")
