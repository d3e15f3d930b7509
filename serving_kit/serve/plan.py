"""From flags to what each model shall run on: read, checked against this machine, nothing loaded yet."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from serving_kit.errors import BadInput
from serving_kit.runtime.framework import core_count
from serving_kit.runtime.options import EngineOptions, check_supported
from serving_kit.serve.op_class import check_chain

T = TypeVar("T")
_CPUS = ("cpu", "arm")
_CHOSEN_BY = {"gpu": "--gpu_ids", "dcu": "--gpu_ids", "xpu": "--use_xpu", "npu": "--use_ascend_cl"}


@dataclass(frozen=True)
class Tuning:
    """What `--engine auto` may spend, and the flags that were given and whose values therefore stay."""

    budget_s: float
    cores: int
    given: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ModelPlan:
    """One model to serve; `max_batch` None runs every request by itself.

    `tuning` leaves engine, threads and batch to measurement (see `serve.tuning`); `reason` says what it found.
    """

    path: Path
    name: str | None
    options: EngineOptions
    threads: int
    max_batch: int | None
    warmup_runs: int = 0
    int8: bool = False  # serve the model's twin (see `quantise.cached`)
    delay_s: float = 0.0
    padding: str = "off"
    splits: bool = True
    tuning: Tuning | None = None
    reason: str = ""


def plan_models(flags: argparse.Namespace) -> tuple[ModelPlan, ...]:
    """Return a plan for each `--model`; BadInput or Unsupported names the flag that cannot be honoured."""
    if not flags.model:
        raise BadInput("--model is missing; give at least one directory that holds serving_server_conf.prototxt")
    count = len(flags.model)
    if flags.name and len(flags.name) != count:
        raise BadInput(f"--name gives {len(flags.name)} names for {count} models; give one for each or leave it out")
    for name in flags.name:
        if not name or "/" in name or flags.name.count(name) > 1:
            raise BadInput(f"--name {name!r} cannot be asked for; give each model a name of its own, without slashes")
    for name in ("gpu_ids", "runtime_thread_num", "batch_infer_size", "min_subgraph_size"):
        if len(getattr(flags, name)) > count:
            raise BadInput(f"--{name} has {len(getattr(flags, name))} values for {count} models; give one for each")
    check_chain(flags.op, count)
    if flags.op and flags.parallel:
        raise BadInput("--op leads a request from model to model, --parallel to all at once; leave one of the two out")
    plans = tuple(_in_int8(flags, _plan(flags, index)) for index in range(count))
    for plan in plans:
        _check_device(flags, plan.options)
        check_supported(plan.options)
    return plans


def _plan(flags: argparse.Namespace, index: int) -> ModelPlan:
    threads = _nth(flags.runtime_thread_num, index)
    options = _options(flags, index)
    return ModelPlan(
        path=Path(flags.model[index]),
        name=flags.name[index] if flags.name else None,
        options=options,
        threads=max(threads or flags.thread, len(options.gpu_ids)),
        max_batch=_nth(flags.batch_infer_size, index) if threads else None,
        warmup_runs=flags.warmup,
        delay_s=flags.batch_delay_ms / 1000,
        padding=flags.auto_padding,
        splits=not flags.no_split_request,
        tuning=_tuning(flags),
    )


def _tuning(flags: argparse.Namespace) -> Tuning | None:
    if flags.engine != "auto":
        return None
    return Tuning(flags.tune_budget_s, max(1, core_count() // flags.workers), flags.given)


def _in_int8(flags: argparse.Namespace, plan: ModelPlan) -> ModelPlan:
    """Return the plan for the model's twin where int8 is asked for on a CPU: its engine is asked for no precision."""
    if plan.options.precision != "int8" or not plan.options.on_cpu:
        return plan
    if flags.engine not in ("paddle", "onnxruntime"):
        raise BadInput(f"--precision int8 on a CPU runs on ONNX Runtime; leave out --engine {flags.engine}")
    return replace(plan, int8=True, options=replace(plan.options, precision="fp32"))


def _options(flags: argparse.Namespace, index: int) -> EngineOptions:
    return EngineOptions(
        engine="paddle" if flags.engine == "auto" else flags.engine,
        precision=flags.precision,
        cpu_threads=flags.cpu_math_thread_num,
        memory_optim=not flags.mem_optim_off,
        gpu_ids=_gpu_ids(_nth(flags.gpu_ids, index)) if flags.gpu_ids else (),
        gpu_memory_mb=flags.gpu_memory_mb,
        gpu_multi_stream=flags.gpu_multi_stream,
        use_trt=flags.use_trt,
        use_calib=flags.use_calib,
        trt_workspace_size=flags.trt_workspace_size,
        trt_use_static=flags.trt_use_static,
        min_subgraph_size=_subgraph_size(_nth(flags.min_subgraph_size, index)) if flags.min_subgraph_size else 3,
        use_lite=flags.use_lite,
        use_xpu=flags.use_xpu,
        use_ascend_cl=flags.use_ascend_cl,
    )


def _nth(values: Sequence[T], index: int) -> T:
    """Return a model's value; fewer values than models are used again from the first, as Paddle Serving does."""
    return values[index % len(values)]


def _gpu_ids(text: str) -> tuple[int, ...]:
    try:
        ids = tuple(int(part) for part in text.split(",") if part)
    except ValueError:
        raise BadInput(f"--gpu_ids {text!r} is no comma list of numbers; write for example 0,1") from None
    if ids == (-1,):
        return ()
    if any(number < 0 for number in ids):
        raise BadInput(f"--gpu_ids {text} mixes the CPU (-1) and GPUs for one model; use one kind for each model")
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    hidden = [number for number in ids if visible is not None and str(number) not in visible.split(",")]
    if hidden:
        raise BadInput(f"--gpu_ids {text}: GPU {hidden[0]} is not in CUDA_VISIBLE_DEVICES={visible}; add it there")
    return ids


def _subgraph_size(text: str) -> int:
    if not text.isdecimal() and text:
        raise BadInput(f"--min_subgraph_size {text!r} is not a whole number; give the least number of nodes")
    return int(text or 3)


def _check_device(flags: argparse.Namespace, options: EngineOptions) -> None:
    if flags.device not in _CPUS and options.on_cpu:
        flag = _CHOSEN_BY.get(flags.device, "--gpu_ids, --use_xpu or --use_ascend_cl")
        raise BadInput(f"--device {flags.device} chooses no device by itself; name one with {flag}")
    if flags.engine == "auto" and not options.on_cpu:
        raise BadInput("--engine auto measures engines on the CPU; leave it out for other devices")
    needs_onednn = options.on_cpu and options.precision in ("fp16", "bf16") and flags.engine == "paddle"
    if needs_onednn and not flags.use_mkl:
        raise BadInput(f"--precision {options.precision} on a CPU runs through oneDNN; add --use_mkl or use fp32")
