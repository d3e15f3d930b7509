"""`check`: what this machine can run, and whether a model given runs on it."""

import argparse
import platform
import sys
from collections.abc import Callable

import serving_kit
from serving_kit.errors import Unsupported
from serving_kit.runtime.framework import paddle
from serving_kit.runtime.load import load
from serving_kit.runtime.options import EngineOptions, check_supported
from serving_kit.serve.plan import plan_models
from serving_kit.serve.precision import served_path

_ABILITIES = {
    "--gpu_ids": EngineOptions(gpu_ids=(0,)),
    "--use_trt": EngineOptions(use_trt=True),
    "--use_xpu": EngineOptions(use_xpu=True),
    "--use_ascend_cl": EngineOptions(use_ascend_cl=True),
    "--use_lite": EngineOptions(use_lite=True),
    "--precision bf16": EngineOptions(precision="bf16"),
}


def check(flags: argparse.Namespace, write: Callable[[str], object] = sys.stdout.write) -> None:
    """Write versions and abilities, then load each `--model`; a ServingKitError says which model cannot run."""
    write(f"serving-kit {serving_kit.__version__}, Python {platform.python_version()}, {platform.platform()}\n")
    write(f"paddle {paddle().__version__}, device {paddle().device.get_device()}\n")
    for flag, options in _ABILITIES.items():
        write(f"{flag}: {_ability(options)}\n")
    if not flags.model:
        write("give --model DIR to try a model\n")
        return
    for plan in plan_models(flags):
        metadata = load(served_path(plan), plan.options).metadata()
        write(f"{metadata['name']}: loads with {metadata['engine']} ({metadata['engine_reason']})\n")


def _ability(options: EngineOptions) -> str:
    try:
        check_supported(options)
    except Unsupported as error:
        return f"no: {error}"
    return "yes"
