"""What the older `WebService` is told in Python, as flags of a server."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from serving_kit.errors import BadInput, Unsupported
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.serve.flags import parse_flags, words_of
from serving_kit.settings import settings

_FEWEST_THREADS = 4  # that the flag takes; the old method took fewer
_ON_A_GPU = ("use_trt", "gpu_multi_stream")
_NEED_ONEDNN = ("fp16", "bf16")


def gpu_list(gpus: int | str | Sequence[int | str] | None) -> list[str]:
    """Return GPUs as text, a comma list for each model: nothing is the CPU, which is -1."""
    if gpus is None or gpus in ("", [], [""]):
        return ["-1"]
    return [str(one) for one in ([gpus] if isinstance(gpus, int | str) else gpus)]


def web_service_flags(
    models: Sequence[ModelDir], gpus: Sequence[str], options: Mapping[str, Any], where: Mapping[str, Any]
) -> argparse.Namespace:
    """Return the flags of a server of these models; BadInput or Unsupported names what cannot be honoured.

    `where` has port, workdir and thread, `options` the other arguments of `prepare_server` by the names of their flags.
    """
    on_cpu = set(gpus) == {"-1"}
    if on_cpu and options["device"] not in ("cpu", "arm"):
        raise Unsupported(
            f"device {options['device']!r} chooses no device by itself; give gpuid, or call set_gpus before"
        )
    if not isinstance(where["thread"], int) or where["thread"] < 1:
        raise BadInput(f"thread_num must be a whole number from 1 up, not {where['thread']!r}")
    given = {key: value for key, value in options.items() if key != "device" and not (on_cpu and key in _ON_A_GPU)} | {
        "host": settings().host,
        "port": where["port"],
        "workdir": where["workdir"],
    }
    if on_cpu and str(options["precision"]).lower() in _NEED_ONEDNN:
        given["use_mkl"] = True
    if not on_cpu:
        given["gpu_ids"] = gpus
    given["thread"] = max(where["thread"], _FEWEST_THREADS)
    flags = parse_flags([*words_of(given), "--model", *map(_path, models), "--name", *_names(models)])
    flags.thread = where["thread"]
    return flags


def _path(model: ModelDir) -> str:
    return str(model.server_dir)


def _names(models: Sequence[ModelDir]) -> list[str]:
    """Name the models by their folders, and by their places too where two folders agree."""
    names = [model.name for model in models]
    return names if len(set(names)) == len(names) else [f"{name}_{place}" for place, name in enumerate(names)]
