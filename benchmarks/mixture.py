"""Models whose requests differ in size, and seeded requests: m4 finds text in pictures, m5 encodes sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import zoo
from serving_kit.convert import inference_model_to_serving
from serving_kit.runtime import golden
from serving_kit.runtime.framework import paddle
from serving_kit.runtime.model_dir import SERVER_FOLDER
from serving_kit.types import Array, Tensor

_REQUESTS = 32
_SIZES_PX = ((320, 320), (320, 384), (320, 448), (384, 320), (448, 320))
_LENGTHS = (16, 128)  # tokens, both included
_TOKENS, _POSITIONS, _WIDTH, _LAYERS, _HEADS = 30_522, 512, 768, 12, 12  # of BERT-base (arXiv:1810.04805)


@dataclass(frozen=True)
class Mixture:
    """A model directory and requests of one instance each; `feed` and `fetch` are aliases, `padding` is the flag's.

    `mean_tolerance` is how far an answer's elements may be from those of the request run alone, on average.
    """

    slug: str
    title: str
    directory: Path
    feed: str
    fetch: str
    requests: Sequence[Array]
    padding: str
    mean_tolerance: float


def detection() -> Mixture:
    """Return m4: PP-OCRv4's text detector with its real weights, asked for cuts of five sizes from a photo.

    A convolution sees the filling beside it, so that padding changes the map near the edge: `near`.
    """
    card = zoo.load("pp-ocrv4-mobile-det")
    directory = zoo.convert(card, zoo.fetch(card))
    example = golden.read(directory / SERVER_FOLDER)
    photo = next(iter(example[0].values())).array if example else np.zeros((1, 3, 448, 448), np.float32)
    random = np.random.default_rng(0)
    requests = [cut(photo, _SIZES_PX[random.integers(len(_SIZES_PX))], random) for _ in range(_REQUESTS)]
    return Mixture(
        slug="m4",
        title="PP-OCRv4 mobile text detection, five sizes from 320 x 320 to 320 x 448",
        directory=directory,
        feed=card.inputs[0].alias,
        fetch=card.outputs[0].alias,
        requests=requests,
        padding="near",
        mean_tolerance=0.05,
    )


def encoder(folder: Path, layers: int = _LAYERS, width: int = _WIDTH) -> Mixture:
    """Write m5 into a folder and return it: an encoder of BERT-base's shape with seeded weights, so for speed only.

    Tokens 0 are masked, as BERT's padding is, so that padding leaves the answers as they are: `exact`.
    """
    paddle().seed(0)
    layer = _encoder(layers, width)
    layer.eval()
    spec = paddle().static.InputSpec([None, None], "int64", name="ids")
    paddle().jit.save(layer, str(folder / "saved" / "inference"), [spec])
    directory = folder / "m5"
    server, client = (str(directory / f"serving_{side}") for side in ("server", "client"))
    inference_model_to_serving(
        str(folder / "saved"), server, client, feed_alias_names="ids", fetch_alias_names="sentence"
    )
    return Mixture(
        slug="m5",
        title=f"encoder of BERT-base's shape ({layers} layers, {width} wide), 16 to 128 tokens, seeded weights",
        directory=directory,
        feed="ids",
        fetch="sentence",
        requests=sentences(),
        padding="exact",
        mean_tolerance=1e-4,
    )


def sentences() -> list[Array]:
    """Return seeded token numbers, int64 [1, 16..128], none of them 0."""
    random = np.random.default_rng(0)
    shortest, longest = _LENGTHS
    lengths = random.integers(shortest, longest + 1, _REQUESTS)
    return [random.integers(1, _TOKENS, (1, length)) for length in lengths]


def cut(photo: Array, size: tuple[int, int], random: np.random.Generator) -> Array:
    """Return a part of this height and width from anywhere in a picture, [1, channels, height, width].

    Where the picture is smaller it begins anew.
    """
    rows, columns = (
        np.arange(wanted) + random.integers(whole) for wanted, whole in zip(size, photo.shape[2:], strict=True)
    )
    return photo.take(rows, 2, mode="wrap").take(columns, 3, mode="wrap")


def tensors(mixture: Mixture) -> list[dict[str, Tensor]]:
    """Return the requests as an engine takes them, keyed by alias."""
    return [{mixture.feed: Tensor(array)} for array in mixture.requests]


def _encoder(layers: int, width: int) -> Any:
    module = paddle()  # by name: the export would translate a call of paddle() too
    nn = module.nn

    class Encoder(nn.Layer):  # type: ignore[misc,name-defined] # Paddle is loaded at run time
        """Embeds tokens and positions, encodes, and gives what stands at the first token."""

        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(_TOKENS, width)
            self.positions = nn.Embedding(_POSITIONS, width)
            self.norm = nn.LayerNorm(width)
            block = nn.TransformerEncoderLayer(width, _HEADS, 4 * width, dropout=0.0, activation="gelu")
            self.encoder = nn.TransformerEncoder(block, layers)

        def forward(self, ids: Any) -> Any:
            """Return float32 [N, width] for int64 [N, tokens]."""
            mask = (ids == 0).astype("float32").unsqueeze([1, 2]) * -1e4
            places = module.arange(ids.shape[1]).unsqueeze(0)
            embedded = self.norm(self.words(ids) + self.positions(places))
            return self.encoder(embedded, mask)[:, 0]

    return Encoder()
