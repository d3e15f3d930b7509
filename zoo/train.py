"""Sources of kind `train`: a model made here from packaged data, and its held-out score made again."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from serving_kit.errors import Internal
from zoo.card import TrainSource


def train(source: TrainSource, destination: Path) -> float:
    """Train with the source's seed, export to `destination`, and return the held-out score.

    `zoo/trainer/<trainer>.py` has one function `train(destination, seed) -> float`. Raises Internal where the score is
    further from the card's than its tolerance: the card would claim what nobody can make again.
    """
    score = float(import_module(f"zoo.trainer.{source.trainer}").train(destination, source.seed))
    if not abs(score - source.score) <= source.tolerance:
        raise Internal(
            f"trainer {source.trainer} reached a held-out score of {score:.4g}, "
            f"the card says {source.score:.4g} within {source.tolerance:g}; correct the one or the other"
        )
    return score


def code(*modules: ModuleType) -> tuple[Path, ...]:
    """Return the files of modules: a trainer lists what its model depends on as `NEEDS`, to be made again with them."""
    return tuple(Path(str(module.__file__)) for module in modules)
