"""What a client reads of `serving_client_conf.prototxt`: the names, types and shapes of inputs and outputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from serving_kit.codecs import prototxt
from serving_kit.types import TensorSpec


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """Inputs of the first model of a chain and outputs of the last."""

    feeds: tuple[TensorSpec, ...] = ()
    fetches: tuple[TensorSpec, ...] = ()

    @classmethod
    def read(cls, paths: str | Sequence[str]) -> Self:
        """Read a configuration by file or folder; of several, feeds are the first's and fetches the last's."""
        listed = [paths] if isinstance(paths, (str, Path)) else paths
        files = [path / prototxt.CLIENT_CONF if path.is_dir() else path for path in map(Path, listed)]
        if not files:
            raise ValueError("no configuration is given; name serving_client_conf.prototxt or its folder")
        feeds, _ = prototxt.read(files[0])
        _, fetches = prototxt.read(files[-1])
        return cls(feeds, fetches)

    @property
    def feed_names(self) -> list[str]:
        """The aliases of the inputs."""
        return [spec.alias for spec in self.feeds]

    @property
    def fetch_names(self) -> list[str]:
        """The aliases of the outputs."""
        return [spec.alias for spec in self.fetches]

    def known_fetch(self, fetch: object) -> list[str]:
        """Return the outputs asked for, an alias or several, without those that the model does not have.

        ValueError where `fetch` is neither.
        """
        if fetch is not None and not isinstance(fetch, (str, list, tuple)):
            raise ValueError(f"fetch must be a str, list or tuple of str, not {type(fetch).__name__}")
        wanted = [fetch] if isinstance(fetch, str) else fetch or []
        return [alias for alias in wanted if alias in self.fetch_names]
