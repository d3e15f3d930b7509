"""`Client` with Paddle Serving's own names, arguments and return shapes, for scripts that exist."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import numpy as np
from tenacity import Retrying

from serving_kit.clients.address import Address
from serving_kit.clients.array import as_array
from serving_kit.clients.brpc_feed import named_tensors
from serving_kit.clients.brpc_pool import BrpcPool
from serving_kit.clients.config import ClientConfig
from serving_kit.clients.deadline import Deadline
from serving_kit.clients.feed import by_alias
from serving_kit.clients.notice import say
from serving_kit.clients.profile import Profile
from serving_kit.clients.retry import policy
from serving_kit.clients.variant import Variant, check_weight, choose
from serving_kit.codecs.general_message import encode_request
from serving_kit.errors import Overloaded, ServingKitError, Unsupported
from serving_kit.types import Array, ElementType, InferRequest, InferResponse, ModelOutput, NamedTensor

_RETRIES = 2
_NO_ENCRYPTION = "encrypted models are not served by this version; connect without encryption and without a key"


class Client:
    """Paddle Serving 0.9's `Client` over bRPC: `predict` returns arrays by alias, or prints why not and returns None.

    Safe to share between threads once connected. What differs from 0.9: all thirteen element types are carried, an
    array's own shape is sent whatever its type, `log_id` and errors come back, no request that may have reached a
    model is sent twice, and the timeout counts for the whole call.
    """

    def __init__(self) -> None:
        self.rpc_timeout_ms = 20000
        self._config = ClientConfig()
        self._clusters: dict[str, tuple[list[Address], float]] = {}
        self._variants: list[Variant] = []

    def load_client_config(self, model_config_path_list: str | list[str]) -> None:
        """Read `serving_client_conf.prototxt` by file or folder; of a list, feeds of the first, fetches of the last."""
        self._config = ClientConfig.read(model_config_path_list)

    def add_variant(self, tag: str, cluster: Sequence[str], variant_weight: float) -> None:
        """Add servers, `ip:port` each, that get `variant_weight` of the calls in proportion to all weights."""
        addresses = [Address.parse(endpoint) for endpoint in cluster]
        if not addresses:
            raise ValueError(f"variant {tag!r} has no servers; give at least one ip:port")
        self._clusters[tag] = (addresses, check_weight(tag, variant_weight))

    def set_rpc_timeout_ms(self, rpc_timeout: int) -> None:
        """Set how long a whole call may take, in milliseconds (20000)."""
        if not isinstance(rpc_timeout, int) or rpc_timeout <= 0:
            raise ValueError("rpc_timeout must be int type and above 0.")
        self.rpc_timeout_ms = rpc_timeout

    def use_key(self, key_filename: str) -> None:
        """Raise Unsupported: encrypted models are not served by this version."""
        raise Unsupported(f"key {key_filename!r} is of no use: {_NO_ENCRYPTION}")

    def connect(self, endpoints: Sequence[str] | str | None = None, encryption: bool = False) -> None:
        """Use these servers, `ip:port` each, or the variants that were added; nothing is sent before `predict`."""
        if encryption:
            raise Unsupported(_NO_ENCRYPTION)
        if self._clusters:
            if endpoints is not None:
                say("parameter endpoints will not take effect, because you use the add_variant function.")
        elif endpoints:
            cluster = [endpoints] if isinstance(endpoints, str) else endpoints
            self.add_variant(f"default_tag_{uuid4().hex[:8]}", cluster, 100)
        else:
            raise ValueError("You must set the endpoints parameter or use add_variant function to create a variant.")
        if not any(weight for _, weight in self._clusters.values()):
            raise ValueError("every variant has weight 0; give at least one of them more")
        self._close()
        self._variants = [Variant(tag, BrpcPool(servers), weight) for tag, (servers, weight) in self._clusters.items()]

    def get_feed_names(self) -> list[str]:
        """Return the aliases of the inputs."""
        return self._config.feed_names

    def get_fetch_names(self) -> list[str]:
        """Return the aliases of the outputs."""
        return self._config.fetch_names

    def predict(
        self, feed: Any = None, fetch: Any = None, batch: bool = False, need_variant_tag: bool = False, log_id: int = 0
    ) -> Any:
        """Return the outputs by alias, with `<alias>.lod` beside those that have one; None, and why, where it fails.

        `feed` is a dict by alias (with `<alias>.lod` where needed), a list of one such, or the only input's value.
        `fetch` is an alias or several, none is all; those the model does not have are left out. With `batch` the feed
        has its batch axis, else one is added. Where several engines answer: outputs by engine name. With
        `need_variant_tag`: a list of that and the tag that answered. ValueError names a feed that does not fit.
        """
        if feed is None or not self._variants:
            raise ValueError("You should specify feed for prediction" if feed is None else "call connect first")
        profile = Profile()
        known = self._config.known_fetch(fetch)
        with profile.stage("py_prepro"):
            tensors = named_tensors(self._config.feeds, by_alias(feed, self._config.feeds), batch=batch)
            payload = encode_request(InferRequest(tensors, tuple(known), int(log_id), profile.asks_server))
        variant = choose(self._variants)
        deadline = Deadline.after(self.rpc_timeout_ms / 1000)
        try:
            with profile.stage("py_client_infer"):
                answer = Retrying(**policy(_RETRIES, deadline, Overloaded))(variant.pool.ask, payload, deadline)
        except ServingKitError as error:
            say(f"predict failed: {error}")
            return None
        profile.operators(answer.profile_us)
        with profile.stage("py_postpro"):
            result = _result(answer, known or self._config.fetch_names)
        profile.write()
        return [result, variant.tag] if need_variant_tag else result

    def release(self) -> None:
        """Close every connection; `connect` makes the client usable again."""
        self._close()
        self._clusters = {}

    def _close(self) -> None:
        for variant in self._variants:
            variant.pool.close()
        self._variants = []

    def __del__(self) -> None:
        self._close()


def _result(answer: InferResponse, wanted: Sequence[str]) -> Any:
    given = {key for output in answer.outputs for named in output.tensors for key in (named.name, named.alias) if key}
    for alias in wanted:
        if alias not in given:
            raise ValueError(f"Failed to fetch {alias!r}: the server answered with {sorted(given)}")
    engines = {output.engine_name: _arrays(output, wanted) for output in answer.outputs}
    return next(iter(engines.values())) if len(engines) == 1 else engines


def _arrays(output: ModelOutput, wanted: Sequence[str]) -> dict[str, Array]:
    given = {named.name: named for named in output.tensors} | {named.alias: named for named in output.tensors}
    arrays: dict[str, Array] = {}
    for alias in filter(given.__contains__, wanted):
        named = given[alias]
        arrays[alias] = _text(named) if named.element_type is ElementType.STRING else as_array(named)
        if named.tensor.lod:
            arrays[f"{alias}.lod"] = np.asarray(named.tensor.lod, dtype=np.int32)
    return arrays


def _text(named: NamedTensor) -> Array:
    array = np.empty(named.tensor.array.shape, dtype=object)
    array.ravel()[:] = [bytes(item).decode("utf-8", "replace") for item in named.tensor.array.ravel()]
    return array
