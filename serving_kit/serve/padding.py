"""`--auto_padding`: tried on a loaded model before it serves."""

import logging

from serving_kit.batching.merge import can_merge
from serving_kit.batching.padding import Padding
from serving_kit.batching.padding_trial import try_padding
from serving_kit.errors import ServingKitError, Unsupported
from serving_kit.runtime import golden, probe
from serving_kit.runtime.engine import Engine
from serving_kit.runtime.load import LoadedModel
from serving_kit.spec import Golden
from serving_kit.types import Tensor

log = logging.getLogger(__name__)


def padding_of(loaded: LoadedModel, name: str, how: str) -> Padding | None:
    """Return how a model's requests are padded, `how` being off, exact or near; None where they are not.

    Tried on the golden example or, where the model brings none, on a made-up input; the tolerance is the golden
    example's. Unsupported names the model whose answers padding changes, unless `how` is near.
    """
    if how == "off" or not can_merge(loaded.engine.inputs, loaded.engine.outputs):
        return None
    spec = loaded.model.spec
    tolerance = (spec.golden if spec else None) or Golden(made_by="")
    engine = loaded.engine  # no clone of it: with oneDNN, one that ran and is dropped breaks all others (Paddle 3.2.2)
    try:
        padding = try_padding(
            engine, _example(loaded, engine), atol=tolerance.atol, rtol=tolerance.rtol, may_differ=how == "near"
        )
    except ServingKitError as error:
        raise Unsupported(f"model {name!r}: {error}") from None
    if padding is None:
        log.info("%s: every request has the same shape, so there is nothing to pad", name)
    return padding


def _example(loaded: LoadedModel, engine: Engine) -> dict[str, Tensor]:
    example = golden.read(loaded.model.server_dir)
    if example:
        return example[0]
    for feeds in probe.candidates(loaded.engine.inputs):
        try:
            engine.run(feeds)
        except ServingKitError:
            continue
        return feeds
    raise Unsupported("it takes none of the inputs made up to try --auto_padding on; leave --auto_padding out")
