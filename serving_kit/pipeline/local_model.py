"""An op's model in this process: `predict` as a client's, on a clone for each thread."""

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from serving_kit.errors import BadInput
from serving_kit.pipeline.config import LocalService
from serving_kit.runtime.engine import Engine
from serving_kit.runtime.load import LoadedModel
from serving_kit.runtime.options import EngineName, EngineOptions
from serving_kit.service.model import checked
from serving_kit.tune import tuned
from serving_kit.types import Array, Tensor, TensorSpec, join_lod

log = logging.getLogger(__name__)

_TUNE_S = 20  # for the engines of one model
_GPU, _TENSORRT, _ARM, _XPU, _ASCEND = 1, 2, 3, 4, (5, 6)  # `device_type` of config.yml; 0 is the CPU


class LocalModel:
    """Computes in the caller's thread; each thread gets a clone of its own, which is kept as long as the model is.

    Kept, because of Paddle 3.2.2's clones with oneDNN none may go while another lives.
    """

    def __init__(self, loaded: LoadedModel) -> None:
        self._loaded = loaded
        self._mine = threading.local()
        self._clones: list[Engine] = []

    def predict(
        self,
        feed: Mapping[str, Any],
        fetch: Sequence[str] | None = None,
        batch: bool = True,
        log_id: int = 0,  # noqa: ARG002 - what a remote model's client is told
    ) -> dict[str, Array]:
        """Return the outputs asked for by alias, with `<alias>.lod` where one is a packed sequence; all by default.

        `feed` holds an array for every input by its alias, exactly, and `<alias>.lod` beside a packed one. Arrays are
        cast to the model's types; without `batch` each gets a batch axis of 1. BadInput names what is wrong.
        """
        inputs, outputs = self._loaded.engine.inputs, self._loaded.engine.outputs
        given = {name for name in feed if not name.endswith(".lod")}
        expected = [spec.alias for spec in inputs]
        if given != set(expected):
            raise BadInput(f"invalid arg list: ['feed_batch']: the model takes {expected}, got {sorted(given)}")
        known = {spec.alias: spec.name for spec in outputs}
        wanted = list(fetch or known)
        unknown = [name for name in wanted if name not in known]
        if unknown:
            raise BadInput(f"invalid arg list: ['fetch_list']: the model gives {list(known)}, not {unknown[0]!r}")
        answers = self._engine().run({spec.name: _tensor(feed, spec, batch=batch) for spec in inputs})
        return join_lod({name: answers[known[name]] for name in wanted})

    def _engine(self) -> Engine:
        engine: Engine | None = getattr(self._mine, "engine", None)
        if engine is None:
            engine = self._mine.engine = self._loaded.engine.clone()
            self._clones.append(engine)
        return engine


def engine_options(local: LocalService, number: int = 0) -> EngineOptions:
    """Return what `local_service_conf` asks of an engine; the `number`th process of an op has the device of its turn.

    For `engine: auto` it is the one that was fastest when alone on this machine, which is measured where nobody knows.
    BadInput names a device list that is none, or an engine that knows no such device.
    """
    devices = _devices(local.devices)
    device = devices[number % len(devices)] if devices else 0
    kind = local.device_type
    if kind < 0:
        kind = _GPU if devices else 0
    on_gpu = kind in (_GPU, _TENSORRT)
    on_cpu = kind in (0, _ARM)
    if local.engine != "paddle" and kind:
        raise BadInput(f"engine: {local.engine} computes on the CPU; take it away or write device_type: 0")
    is_refined = on_cpu and local.precision in ("fp16", "int8")
    if is_refined:
        log.warning("precision %s is computed as fp32 on a CPU", local.precision)
    engine, threads = _fastest(local) if local.engine == "auto" else (local.engine, local.thread_num)
    return EngineOptions(
        engine=engine,
        onednn=True if local.use_mkldnn and on_cpu and engine == "paddle" else None,
        precision="fp32" if is_refined else local.precision,
        cpu_threads=threads,
        ir_optim=local.ir_optim,
        memory_optim=local.mem_optim,
        gpu_ids=(device,) if on_gpu else (),
        use_trt=kind == _TENSORRT,
        use_calib=local.use_calib and kind == _TENSORRT,
        min_subgraph_size=local.min_subgraph_size,
        use_lite=kind in (_ARM, _XPU),
        use_xpu=kind == _XPU,
        use_ascend_cl=kind in _ASCEND,
    )


def _fastest(local: LocalService) -> tuple[EngineName, int]:
    """Return engine and threads of the fastest run; threads that the file names are not changed."""
    fixed = local.thread_num if "thread_num" in local.model_fields_set else None
    found = tuned(local.model_directory, budget_s=_TUNE_S, threads=fixed).latency.candidate
    log.info("%s: %s is the fastest", local.model_directory, found.title)
    return found.engine, found.threads


def _devices(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdecimal() for part in parts):
        raise BadInput(f'devices: {text!r} is no list of device numbers; write "" for the CPU, or for example "0,1"')
    return [int(part) for part in parts]


def _tensor(feed: Mapping[str, Any], spec: TensorSpec, *, batch: bool) -> Tensor:
    try:
        array = np.asarray(feed[spec.alias]).astype(spec.element_type.dtype, copy=False)
    except (ValueError, TypeError) as error:
        raise BadInput(f"feed {spec.alias!r} cannot become {spec.element_type.name}: {error}") from None
    lod = np.asarray(feed.get(f"{spec.alias}.lod", ()), np.int64).ravel()
    return checked(Tensor(array if batch else array[np.newaxis], tuple(int(offset) for offset in lod)), spec)
