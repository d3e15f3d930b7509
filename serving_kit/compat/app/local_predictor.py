"""`LocalPredictor`: a model predicts in the caller's own process, with the feed and fetch names of a served one."""

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from serving_kit.codecs import prototxt
from serving_kit.errors import BadInput, Unsupported
from serving_kit.runtime.load import LoadedModel, load
from serving_kit.runtime.options import EngineOptions, Precision
from serving_kit.types import Array, Tensor, TensorSpec, join_lod

__all__ = ["LocalPredictor"]

log = logging.getLogger(__name__)


class LocalPredictor:
    """Load once with `load_model_config`, then `predict` as often as wanted, from one thread at a time or many."""

    def __init__(self) -> None:
        self.feed_names_: list[str] = []
        self.fetch_names_: list[str] = []
        self._loaded: LoadedModel | None = None
        self._listed: dict[str, tuple[int, ...]] = {}
        self._one_at_a_time = threading.Lock()

    def load_model_config(  # noqa: PLR0917 - the old signature
        self,
        model_path: str,
        use_gpu: bool = False,
        gpu_id: int = 0,
        use_profile: bool = False,
        thread_num: int = 1,
        mem_optim: bool = True,
        ir_optim: bool = False,
        use_trt: bool = False,
        use_lite: bool = False,
        use_xpu: bool = False,
        precision: str = "fp32",
        use_mkldnn: bool = False,
        mkldnn_cache_capacity: int = 0,
        mkldnn_op_list: Sequence[str] | None = None,
        mkldnn_bf16_op_list: Sequence[str] | None = None,
        use_feed_fetch_ops: bool = False,  # noqa: ARG002 - part of the old signature, of no meaning to Paddle 3
        use_ascend_cl: bool = False,
        min_subgraph_size: int = 3,
        dynamic_shape_info: Mapping[str, object] | None = None,
        use_calib: bool = False,
    ) -> None:
        """Load a model directory that holds `serving_server_conf.prototxt`.

        `thread_num` are threads within one call. On a CPU, `precision` fp16 and int8 mean fp32, as in Paddle Serving.
        ModelFileError where the directory is no model, Unsupported where this machine cannot do what is asked.
        """
        if use_trt and dynamic_shape_info:
            raise Unsupported("dynamic shapes of TensorRT are not supported; leave dynamic_shape_info out")
        _say_ignored(use_profile=use_profile, mkldnn_cache_capacity=mkldnn_cache_capacity)
        _say_ignored(mkldnn_op_list=mkldnn_op_list, mkldnn_bf16_op_list=mkldnn_bf16_op_list)
        is_on_cpu = not (use_gpu or use_xpu or use_ascend_cl)
        options = EngineOptions(
            onednn=True if use_mkldnn or (is_on_cpu and precision.lower() == "bf16") else None,
            precision=_precision(precision, is_on_cpu),
            cpu_threads=thread_num,
            ir_optim=ir_optim,
            memory_optim=mem_optim,
            gpu_ids=(int(gpu_id),) if use_gpu else (),
            use_trt=use_gpu and use_trt,
            use_calib=use_gpu and use_trt and use_calib,
            min_subgraph_size=min_subgraph_size,
            use_lite=use_lite,
            use_xpu=use_xpu,
            use_ascend_cl=use_ascend_cl,
        )
        self._use(load(model_path, options))

    def _use(self, loaded: LoadedModel) -> None:
        self._loaded = loaded
        feeds, _ = prototxt.read(loaded.model.server_dir / prototxt.SERVER_CONF)
        self._listed = {spec.name: spec.shape for spec in feeds}
        self.feed_names_ = [spec.alias for spec in loaded.engine.inputs]
        self.fetch_names_ = [spec.alias for spec in loaded.engine.outputs]

    def predict(
        self,
        feed: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        fetch: str | Sequence[str] | None = None,
        batch: bool = False,
        log_id: int = 0,
    ) -> dict[str, Array]:
        """Return the outputs asked for by alias, with `<alias>.lod` (int32) where one is a packed sequence.

        `feed` maps aliases or real names (where it has none of them: values in the model's order) to arrays or lists,
        with `<name>.lod` where needed; types are cast to the model's. Without `batch`, each gets a batch axis of 1.
        `fetch` None means all; names that the model does not have are left out. BadInput names what is missing.
        """
        if self._loaded is None:
            raise BadInput("no model is loaded; call load_model_config with the model's directory first")
        log.debug("log_id %s", log_id)
        values = _as_one(feed)
        feeds = {}
        for position, spec in enumerate(self._loaded.engine.inputs):
            name = self._name_in(values, spec, position)
            array = _as_array(values[name], spec, self._listed.get(spec.name, ()), batch=batch)
            lod = np.asarray(values.get(f"{name}.lod", ()), dtype=np.int64).ravel()
            feeds[spec.name] = Tensor(array, tuple(int(offset) for offset in lod))
        with self._one_at_a_time:
            outputs = self._loaded.engine.run(feeds)
        return join_lod({name: outputs[real] for name, real in self._fetched(fetch).items()})

    def _name_in(self, values: Mapping[str, Any], spec: TensorSpec, position: int) -> str:
        names = [name for name in values if not name.endswith(".lod")]
        known = {key for one in self._inputs for key in (one.alias, one.name)}
        if not known.intersection(names) and position < len(names):
            return names[position]
        for name in (spec.alias, spec.name):
            if name in values:
                return name
        raise BadInput(f"feed {spec.alias!r} is missing; the model takes {self.feed_names_}, got {names}")

    @property
    def _inputs(self) -> tuple[TensorSpec, ...]:
        return self._loaded.engine.inputs if self._loaded else ()

    def _fetched(self, fetch: str | Sequence[str] | None) -> dict[str, str]:
        """Map the names of the answer to real names; where none is known, outputs count by position, as in 0.6."""
        outputs = self._loaded.engine.outputs if self._loaded else ()
        if not fetch:
            return {spec.alias: spec.name for spec in outputs}
        wanted = [fetch] if isinstance(fetch, str) else list(fetch)
        known = {spec.name: spec.name for spec in outputs} | {spec.alias: spec.name for spec in outputs}
        found = {name: known[name] for name in wanted if name in known}
        return found or {name: spec.name for name, spec in zip(wanted, outputs, strict=False)}


def _say_ignored(**settings: object) -> None:
    for name in (name for name, value in settings.items() if value):
        log.warning("%s has no effect on this engine", name)


def _precision(precision: str, is_on_cpu: bool) -> Precision:
    precisions: dict[str, Precision] = {"fp32": "fp32", "fp16": "fp16", "int8": "int8", "bf16": "bf16"}
    if precision.lower() not in precisions:
        raise BadInput(f"precision {precision!r} is unknown; use fp32, fp16, int8 or bf16")
    asked = precisions[precision.lower()]
    if is_on_cpu and asked in ("fp16", "int8"):
        log.warning("precision %s is computed as fp32 on a CPU", asked)
        return "fp32"
    return asked


def _as_one(feed: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None) -> Mapping[str, Any]:
    if isinstance(feed, Sequence) and len(feed) == 1:
        feed = feed[0]
    if not isinstance(feed, Mapping):
        raise ValueError(f"feed must be a dict, or a list of one dict, not {type(feed).__name__}")
    return feed


def _as_array(value: Any, spec: TensorSpec, listed: tuple[int, ...], *, batch: bool) -> Array:
    """Cast a feed to the input's type; a list takes the shape that the prototxt lists, where it has as many values."""
    array = np.asarray(value).astype(spec.element_type.dtype)
    if isinstance(value, list) and array.ndim <= len(listed) and array.size == np.prod(listed, dtype=np.int64):
        array = array.reshape(listed)
    return array if batch else array[np.newaxis]
