"""Every flag of `python -m serving_kit.serve`, as a table.

Names, types, choices and defaults are those of Paddle Serving 0.9's `paddle_serving_server.serve`; what is added here
stands in `ADDED`. Where Paddle Serving parsed a flag and then ignored it, the flag works here.
"""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from serving_kit.errors import BadInput
from serving_kit.serve.flag import Flag, build_parser, parse

COMMANDS = ("start", "stop", "kill", "check")
ADDED = frozenset(
    {
        "--host",
        "--name",
        "--parallel",
        "--model_control",
        "--workers",
        "--grpc_port",
        "--brpc_port",
        "--http_port",
        "--queue_limit",
        "--warmup",
        "--batch_delay_ms",
        "--auto_padding",
        "--no_split_request",
        "--engine",
        "--tune_budget_s",
        "--api_key_file",
    }
    | {"--log_level", "--exit_with_stdin", "--port_file", "--listen_fds", "--nth_worker", "--counters"}
)

_SERVICE = "service"
_MODELS = "models"
_BATCHING = "batching"
_CPU = "engine on the CPU"
_DEVICES = "other devices (refused where this build of Paddle has no support)"
_WATCH = "metrics and cache"
_REFUSED = "parsed and refused"

_NO_ENCRYPTION = "encrypted models are not supported; decrypt the model and serve it plain"
_NO_AUTHENTICATION = "product authentication is not supported; let clients send a key of --api_key_file"
_NO_DISTRIBUTION = "distributed models are not supported; serve a model that fits one machine"
_PORTS = range(65536)
_AT_LEAST_ONE = range(1, 1 << 40)
_NOT_NEGATIVE = range(1 << 40)

FLAGS: tuple[Flag, ...] = (
    Flag("--model", str, (), _MODELS, "directories that hold serving_server_conf.prototxt", many=True),
    Flag("--name", str, (), _MODELS, "names to serve the models under, in the order of --model", many=True),
    Flag(
        "--op", str, (), _MODELS, "operators in a row, Class or Class:0 (no model), a GeneralInferOp a model", many=True
    ),
    Flag("--parallel", bool, False, _MODELS, "ask all models at once and answer with one output a model, not in a row"),
    Flag("--model_control", bool, False, _MODELS, "let clients load and unload the models; one process only"),
    Flag("--port", int, 9393, _SERVICE, "port of the service, 0 for a free one", choices=_PORTS),
    Flag("--host", str, "127.0.0.1", _SERVICE, "address to listen on, 0.0.0.0 for all, :: for IPv6 too"),
    Flag("--grpc_port", int, None, _SERVICE, "a further port, for gRPC only", choices=_PORTS),
    Flag("--brpc_port", int, None, _SERVICE, "a further port, for bRPC only", choices=_PORTS),
    Flag("--http_port", int, None, _SERVICE, "a further port, for HTTP only", choices=_PORTS),
    Flag(
        "--workers", int, 1, _SERVICE, "processes that share the port, each with its own models", choices=range(1, 257)
    ),
    Flag("--thread", int, 4, _SERVICE, "threads a model, each with its own predictor", choices=range(4, 1025)),
    Flag("--max_body_size", int, 536870912, _SERVICE, "largest request in bytes", choices=_AT_LEAST_ONE),
    Flag("--api_key_file", str, None, _SERVICE, "file of API keys, one a line; only requests with one are answered"),
    Flag("--queue_limit", int, 1024, _SERVICE, "most unanswered requests a model", choices=_AT_LEAST_ONE),
    Flag("--warmup", int, 2, _SERVICE, "runs of each predictor before the server is ready", choices=range(1001)),
    Flag("--workdir", str, "workdir", _SERVICE, "the effective settings are written to <workdir>_<port>"),
    Flag("--log_level", str, "info", _SERVICE, "least level logged", choices=("debug", "info", "warning", "error")),
    Flag("--exit_with_stdin", bool, False, _SERVICE, "stop when standard input ends", hidden=True),
    Flag("--port_file", str, "", _SERVICE, "write the port to this file once ready", hidden=True),
    Flag("--nth_worker", int, None, _SERVICE, "the number of this process among --workers", hidden=True),
    Flag("--counters", str, "", _SERVICE, "file of the counters of all --workers", hidden=True),
    Flag("--listen_fds", str, "", _SERVICE, "listening sockets to inherit, as name=number,...", hidden=True),
    Flag(
        "--runtime_thread_num",
        int,
        (0,),
        _BATCHING,
        "threads of a model that merges waiting requests into one run, for each model; 0 does not merge",
        choices=range(1025),
        many=True,
        old_names=("--op_num",),
    ),
    Flag(
        "--batch_infer_size",
        int,
        (32,),
        _BATCHING,
        "most instances a merged run, for each model; no effect where --runtime_thread_num is 0",
        choices=_AT_LEAST_ONE,
        many=True,
        old_names=("--op_max_batch",),
    ),
    Flag(
        "--batch_delay_ms",
        int,
        0,
        _BATCHING,
        "longest wait for more requests to merge, while recent load says that more will come",
        choices=range(1001),
        needs="--runtime_thread_num",
    ),
    Flag(
        "--auto_padding",
        str,
        "off",
        _BATCHING,
        "merge requests of different shapes, padded with zeros: exact refuses a model whose answers that changes, near "
        "logs by how much",
        choices=("off", "exact", "near"),
        needs="--runtime_thread_num",
    ),
    Flag(
        "--no_split_request",
        bool,
        False,
        _BATCHING,
        "run a request of more than --batch_infer_size instances at once, not cut into several runs",
        needs="--runtime_thread_num",
    ),
    Flag(
        "--engine",
        str,
        "paddle",
        _CPU,
        "what computes; an ONNX model runs on onnxruntime by default, auto measures what is fastest",
        choices=("paddle", "onnxruntime", "openvino", "auto"),
    ),
    Flag(
        "--tune_budget_s",
        int,
        20,
        _CPU,
        "seconds in which --engine auto measures a model that is not tuned on this machine yet",
        choices=_AT_LEAST_ONE,
        needs="--engine",
    ),
    Flag(
        "--use_mkl", bool, False, _CPU, "use oneDNN; it is tried on each model anyway and used where it answers right"
    ),
    Flag(
        "--precision",
        str,
        "fp32",
        _CPU,
        "number format; on the CPU fp16 means bf16, as in Paddle Serving, both need --use_mkl, and int8 quantises the "
        "model by its golden example (see `python -m serving_kit.quantise`)",
        choices=("fp32", "fp16", "int8", "bf16"),
    ),
    Flag("--cpu_math_thread_num", int, 1, _CPU, "threads within one run", choices=range(1, 1025)),
    Flag("--ir_optim", bool, False, _CPU, "optimise the graph; always done here"),
    Flag("--mem_optim_off", bool, False, _CPU, "do not reuse the memory of intermediate tensors"),
    Flag(
        "--device",
        str,
        "cpu",
        _DEVICES,
        "cpu or arm, or the kind that another flag chooses (gpu, dcu, xpu, npu); chooses nothing by itself",
    ),
    Flag("--gpu_ids", str, (), _DEVICES, "a comma list of GPUs for each model, -1 for the CPU", many=True),
    Flag("--gpu_multi_stream", bool, False, _DEVICES, "one CUDA stream a thread", needs="--gpu_ids"),
    Flag("--gpu_memory_mb", int, 50, _DEVICES, "GPU memory taken at start", needs="--gpu_ids"),
    Flag("--use_trt", bool, False, _DEVICES, "use TensorRT"),
    Flag("--use_calib", bool, False, _DEVICES, "TensorRT int8 calibration", needs="--use_trt"),
    Flag("--min_subgraph_size", str, (), _DEVICES, "least TensorRT subgraph, each model", many=True, needs="--use_trt"),
    Flag("--trt_workspace_size", int, 33554432, _DEVICES, "TensorRT workspace in bytes", needs="--use_trt"),
    Flag("--trt_use_static", bool, False, _DEVICES, "keep TensorRT's engine on disk", needs="--use_trt"),
    Flag("--use_lite", bool, False, _DEVICES, "use Paddle Lite"),
    Flag("--use_xpu", bool, False, _DEVICES, "use a Kunlun XPU"),
    Flag("--use_ascend_cl", bool, False, _DEVICES, "use an Ascend NPU"),
    Flag("--enable_prometheus", bool, False, _WATCH, "count requests and serve /metrics"),
    Flag(
        "--prometheus_port",
        int,
        19393,
        _WATCH,
        "port of /metrics on 127.0.0.1",
        choices=_PORTS,
        needs="--enable_prometheus",
    ),
    Flag("--request_cache_size", int, 0, _WATCH, "bytes of answers kept, 0 for none", choices=_NOT_NEGATIVE),
    Flag("--use_encryption_model", bool, False, _REFUSED, "serve an encrypted model", refusal=_NO_ENCRYPTION),
    Flag("--encryption_rpc_port", int, 12000, _REFUSED, "port of the service behind it", refusal=_NO_ENCRYPTION),
    Flag("--product_name", str, None, _REFUSED, "authentication", refusal=_NO_AUTHENTICATION),
    Flag("--container_id", str, None, _REFUSED, "authentication", refusal=_NO_AUTHENTICATION),
    Flag("--use_dist_model", bool, False, _REFUSED, "serve a distributed model", refusal=_NO_DISTRIBUTION),
    Flag("--dist_carrier_id", str, "", _REFUSED, "distributed model", refusal=_NO_DISTRIBUTION),
    Flag("--dist_cfg_file", str, "", _REFUSED, "distributed model", refusal=_NO_DISTRIBUTION),
    Flag("--dist_endpoints", str, "+", _REFUSED, "distributed model", refusal=_NO_DISTRIBUTION),
    Flag("--dist_nranks", int, 0, _REFUSED, "distributed model", refusal=_NO_DISTRIBUTION),
    Flag("--dist_subgraph_index", int, -1, _REFUSED, "distributed model", refusal=_NO_DISTRIBUTION),
    Flag("--dist_worker_serving_endpoints", str, None, _REFUSED, "distributed model", refusal=_NO_DISTRIBUTION),
    Flag("--dist_master_serving", bool, False, _REFUSED, "distributed model", refusal=_NO_DISTRIBUTION),
)

_USAGE = """
  python -m serving_kit.serve --model DIR [DIR ...] [--port 9393] [--thread 4] [flags]
  python -m serving_kit.serve stop [--port 9393]     ask the servers started from this folder to finish and end
  python -m serving_kit.serve kill [--port 9393]     end them at once
  python -m serving_kit.serve check [--model DIR]    say what this machine can run, and try a model"""


def parse_flags(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse a command line; the result has an attribute a flag, `command` and `given`. BadInput says what is wrong."""
    parsed = parse(build_parser("python -m serving_kit.serve", _USAGE, FLAGS), FLAGS, arguments)
    parsed.command = parsed.command[0] if parsed.command else "start"
    if parsed.command not in COMMANDS:
        raise BadInput(f"{parsed.command!r} is no command; use one of {', '.join(COMMANDS)}")
    return parsed


def words_of(options: Mapping[str, Any]) -> list[str]:
    """Return the words of a command line with these options, by `Flag.key`; None and False leave a flag out."""
    words: list[str] = []
    for flag in FLAGS:
        value = options.get(flag.key)
        if value is None or value is False:
            continue
        words.append(flag.name)
        if value is not True:
            words += [str(one) for one in ([value] if isinstance(value, str | int) else value)]
    return words
