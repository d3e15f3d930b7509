"""Which folder is served in the precision that was asked for."""

from pathlib import Path

from serving_kit.serve.plan import ModelPlan


def served_path(plan: ModelPlan) -> Path:
    """Return the model's folder, or that of its int8 twin; a ServingKitError says why it cannot have one."""
    if not plan.int8:
        return plan.path
    from serving_kit.quantise.cached import int8_twin  # the converters behind it would slow every other start

    return int8_twin(plan.path)
