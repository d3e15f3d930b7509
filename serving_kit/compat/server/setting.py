"""The settings of a `Server` that old scripts build in Python: every one becomes a flag of ours."""

import logging
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from serving_kit.errors import Unsupported
from serving_kit.serve.flags import FLAGS, words_of

log = logging.getLogger(__name__)

LEAST_BODY_BYTES = 64 << 20
Option: TypeAlias = str | int | Sequence[str | int] | None


class Settings:
    """Paddle Serving 0.9's setters, with its defaults where they differ from those of the command line."""

    def __init__(self) -> None:
        self._options: dict[str, Option] = {"max_body_size": LEAST_BODY_BYTES, "mem_optim_off": True}
        self._threads = 2
        self._device = "cpu"
        self._gpu_ids: list[str] = []

    def arguments(self) -> list[str]:
        """Return the flags that the settings stand for; those without effect are left out, as they were ignored."""
        options = self._options | {"gpu_ids": self._used_gpu_ids()}
        given = {flag.key: options.get(flag.key) for flag in FLAGS if _has_partner(flag.needs, options)}
        return words_of({key: value for key, value in given.items() if value != ()})

    def _used_gpu_ids(self) -> tuple[str, ...]:
        is_on_gpu = self._device == "gpu" or self._options.get("use_trt") or self._options.get("gpu_multi_stream")
        return tuple(self._gpu_ids or ["0"]) if is_on_gpu else ()

    def set_host(self, host: str) -> None:
        """Set the address to listen on (127.0.0.1); 0.0.0.0 for all, which Paddle Serving always took."""
        self._options["host"] = host

    def set_num_threads(self, threads: int) -> None:
        """Set the threads a model (2)."""
        self._threads = threads

    def set_max_concurrency(self, concurrency: int) -> None:
        """Set the most unanswered requests a model; 0 is this project's own limit."""
        self._options["queue_limit"] = concurrency or None

    def set_max_body_size(self, body_size: int) -> None:
        """Set the largest request in bytes; less than 64 MiB has no effect, as in Paddle Serving."""
        self._options["max_body_size"] = max(body_size, LEAST_BODY_BYTES)

    def set_port(self, port: int) -> None:
        """Set the port; `prepare_server` sets it again."""
        self._options["port"] = port

    def set_reload_interval(self, interval: int) -> None:  # noqa: ARG002 - part of the old signature
        """Say that models are not watched: one that changed on disk is loaded when the server starts."""
        log.warning("set_reload_interval has no effect; start the server again where a model has changed")

    def set_memory_optimize(self, flag: bool = False) -> None:
        """Set whether intermediate tensors share memory (False)."""
        self._options["mem_optim_off"] = not flag

    def set_ir_optimize(self, flag: bool = False) -> None:
        """Set whether the graph is optimised; it always is."""
        self._options["ir_optim"] = flag

    def use_mkl(self, flag: bool) -> None:
        """Set whether oneDNN is used."""
        self._options["use_mkl"] = flag

    def set_precision(self, precision: str = "fp32") -> None:
        """Set the number format: fp32, fp16, bf16 or int8."""
        self._options["precision"] = precision

    def set_use_calib(self, use_calib: bool = False) -> None:
        """Set whether TensorRT calibrates int8."""
        self._options["use_calib"] = use_calib

    def set_cpu_math_thread_num(self, cpu_math_thread_num: int) -> None:
        """Set the threads within one run."""
        self._options["cpu_math_thread_num"] = cpu_math_thread_num

    def set_device(self, device: str = "cpu") -> None:
        """Set cpu or gpu."""
        self._device = device

    def set_gpuid(self, gpuid: int | str | Sequence[int | str]) -> None:
        """Set the GPUs: one number, or a comma list for each model."""
        self._gpu_ids = [str(one) for one in ([gpuid] if isinstance(gpuid, int | str) else gpuid)]

    def set_gpu_multi_stream(self) -> None:
        """Use one CUDA stream a thread."""
        self._options["gpu_multi_stream"] = True

    def set_gpu_memory_mb(self, gpu_memory_mb: int) -> None:
        """Set the GPU memory taken at start."""
        self._options["gpu_memory_mb"] = gpu_memory_mb

    def set_runtime_thread_num(self, runtime_thread_num: int | Sequence[int]) -> None:
        """Set the threads that merge waiting requests, for each model; 0 does not merge."""
        self._options["runtime_thread_num"] = runtime_thread_num

    def set_batch_infer_size(self, batch_infer_size: int | Sequence[int]) -> None:
        """Set the most instances a merged run, for each model."""
        self._options["batch_infer_size"] = batch_infer_size

    def set_trt(self) -> None:
        """Use TensorRT."""
        self._options["use_trt"] = True

    def set_min_subgraph_size(self, min_subgraph_size: Sequence[int | str]) -> None:
        """Set the least TensorRT subgraph, for each model."""
        self._options["min_subgraph_size"] = min_subgraph_size

    def set_trt_workspace_size(self, trt_workspace_size: int) -> None:
        """Set TensorRT's workspace in bytes."""
        self._options["trt_workspace_size"] = trt_workspace_size

    def set_trt_use_static(self, trt_use_static: bool) -> None:
        """Set whether TensorRT's engine is kept on disk."""
        self._options["trt_use_static"] = trt_use_static

    def set_trt_dynamic_shape_info(self, info: Sequence[object]) -> None:
        """Raise Unsupported where shapes are given: the engine takes any shape without them."""
        if info:
            raise Unsupported("dynamic shapes of TensorRT are not supported; leave set_trt_dynamic_shape_info out")

    def set_lite(self) -> None:
        """Use Paddle Lite."""
        self._options["use_lite"] = True

    def set_xpu(self) -> None:
        """Use a Kunlun XPU."""
        self._options["use_xpu"] = True

    def set_ascend_cl(self) -> None:
        """Use an Ascend NPU."""
        self._options["use_ascend_cl"] = True

    def set_product_name(self, product_name: str) -> None:
        """Set the product to authenticate, which `prepare_server` refuses."""
        self._options["product_name"] = product_name

    def set_container_id(self, container_id: str) -> None:
        """Set the container to authenticate, which `prepare_server` refuses."""
        self._options["container_id"] = container_id

    def set_enable_prometheus(self, flag: bool = False) -> None:
        """Set whether /metrics is served on a port of its own."""
        self._options["enable_prometheus"] = flag

    def set_prometheus_port(self, prometheus_port: int) -> None:
        """Set that port."""
        self._options["prometheus_port"] = prometheus_port

    def set_request_cache_size(self, request_cache_size: int) -> None:
        """Set the bytes of answers that are kept; 0 keeps none."""
        self._options["request_cache_size"] = request_cache_size

    def set_enable_dist_model(self, status: bool) -> None:
        """Raise Unsupported where a distributed model is asked for."""
        if status:
            raise Unsupported("distributed models are not supported; serve a model that fits one machine")


def _has_partner(needs: str | None, options: Mapping[str, Option]) -> bool:
    return needs is None or options.get(needs.removeprefix("--")) not in (None, False, ())
