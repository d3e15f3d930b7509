"""A model's int8 twin, for a server that was asked for one: beside the model, or made once and kept in the cache."""

import hashlib
import logging
from importlib import metadata
from pathlib import Path

from serving_kit.checksum import file_sha256
from serving_kit.errors import ModelFileError
from serving_kit.fetch.cache import Cache
from serving_kit.quantise.model import THRESHOLD, quantise_model
from serving_kit.quantise.recipe import RECIPES, weights_keep_to_7_bits
from serving_kit.runtime.model_dir import SERVER_FOLDER, ModelDir
from serving_kit.runtime.sample import CALIBRATION_FILENAME
from serving_kit.settings import settings
from serving_kit.spec import FILENAME, GOLDEN_FILENAME, Quantisation

SUFFIX = "-int8"  # of the folder beside the model's
_VERSION = 1  # of how a model is quantised here; one made in another way is not reused
_logger = logging.getLogger(__name__)


def int8_twin(path: Path) -> Path:
    """Return the folder of the model in int8: `path` itself, `<path>-int8` beside it, or one in the cache.

    The one in the cache is made at the first call, from the model's golden example and its `calibration.npz`. Raises
    what `quantise_model` raises.
    """
    model = ModelDir.open(path)
    if _quantisation(model):
        return path
    beside = _beside(model)
    if beside.is_dir() and _is_of(beside, model):
        return beside
    twins = Cache(settings().cache_dir / "int8")
    return twins.folder(f"{model.name}-{_key(model)}", lambda folder: _make(model, folder))


def _beside(model: ModelDir) -> Path:
    folder = model.server_dir.resolve()
    folder = folder.parent if folder.name == SERVER_FOLDER else folder
    return folder.with_name(f"{folder.name}{SUFFIX}")


def _is_of(beside: Path, model: ModelDir) -> bool:
    try:
        made = _quantisation(ModelDir.open(beside))
    except ModelFileError:
        made = None
    if made and made.made_of == file_sha256(model.params or model.program):
        return True
    _logger.warning("%s is not made of the %s that is served and is left alone", beside, model.name)
    return False


def _quantisation(model: ModelDir) -> Quantisation | None:
    return model.spec.conversion.quantisation if model.spec and model.spec.conversion else None


def _key(model: ModelDir) -> str:
    basis = [_VERSION, metadata.version("onnxruntime"), RECIPES, weights_keep_to_7_bits(), THRESHOLD]
    digest = hashlib.sha256(repr(basis).encode())
    beside = [model.server_dir / name for name in (GOLDEN_FILENAME, CALIBRATION_FILENAME, FILENAME)]
    for file in (model.program, *model.parameter_files, *beside):
        digest.update(f"{file.name} {file_sha256(file) if file.is_file() else None}".encode())
    return digest.hexdigest()[:16]


def _make(model: ModelDir, folder: Path) -> None:
    made = quantise_model(model.server_dir, folder)
    _logger.info("%s: made %s", model.name, made.summary())
