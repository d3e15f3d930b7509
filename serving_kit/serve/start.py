"""`start`: from checked flags to a server that answers, and its clean end."""

import argparse
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from serving_kit.batching.batch import BatchExecutor
from serving_kit.batching.cache import CachedExecutor, ResponseCache
from serving_kit.batching.clones import ignore_run
from serving_kit.batching.executor import Executor
from serving_kit.batching.pool import PoolExecutor
from serving_kit.metrics.counters import Metrics
from serving_kit.runtime.load import LoadedModel, load
from serving_kit.serve import process_info
from serving_kit.serve.plan import ModelPlan, plan_models
from serving_kit.service.model import ServedModel
from serving_kit.service.service import Service
from serving_kit.transports.http.server import HttpServer, bind

log = logging.getLogger(__name__)

_DRAIN_S = 30


def start(flags: argparse.Namespace) -> None:
    """Serve until a signal asks to stop, then finish what runs. A ServingKitError says what cannot be started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # while models load: unwind, and end their trials too
    if flags.exit_with_stdin:
        threading.Thread(target=_stop_with_stdin, daemon=True).start()
    plans = plan_models(flags)
    bind(flags.host, flags.port).close()  # models may load for minutes; a taken port need not wait for them
    with ExitStack() as stack:
        metrics = _metrics(flags, stack)
        cache = ResponseCache(flags.request_cache_size) if flags.request_cache_size else None
        models = [_serve_model(plan, flags.queue_limit, metrics, cache, stack) for plan in plans]
        service = Service(models, metrics)
        server = HttpServer(
            service,
            host=flags.host,
            port=flags.port,
            max_body_bytes=flags.max_body_size,
            drain_timeout_s=_DRAIN_S,
        )
        for number in (signal.SIGINT, signal.SIGTERM):  # the server drains and raises the signal again, to this
            signal.signal(number, _already_drained)
        server.run(on_ready=partial(_announce, flags, models, stack))
    log.info("stopped")


def _metrics(flags: argparse.Namespace, stack: ExitStack) -> Metrics | None:
    if not flags.enable_prometheus:
        return None
    metrics = Metrics()
    exposer, _ = metrics.expose(flags.prometheus_port)
    stack.callback(exposer.server_close)
    stack.callback(exposer.shutdown)
    return metrics


def _serve_model(
    plan: ModelPlan, queue_limit: int, metrics: Metrics | None, cache: ResponseCache | None, stack: ExitStack
) -> ServedModel:
    loaded = load(plan.path, plan.options)
    name = plan.name or loaded.model.name
    on_run = partial(metrics.inference_done, name) if metrics else ignore_run
    executor: Executor
    if plan.max_batch is None:
        executor = PoolExecutor(loaded.engine, plan.threads, queue_limit=queue_limit, on_run=on_run)
    else:
        executor = BatchExecutor(loaded.engine, plan.threads, plan.max_batch, queue_limit=queue_limit, on_run=on_run)
    stack.callback(executor.close)
    if cache:
        executor = CachedExecutor(executor, cache, name)
    _log_model(name, loaded)
    return ServedModel(loaded, executor, name, threads=plan.threads)


def _log_model(name: str, loaded: LoadedModel) -> None:
    metadata = loaded.metadata()
    log.info("%s: %s, %s (%s)", name, metadata["platform"], metadata["engine"], metadata["engine_reason"])


def _announce(flags: argparse.Namespace, models: Sequence[ServedModel], stack: ExitStack, port: int) -> None:
    """Tell whoever waits that the server answers: the log, the process list, the effective settings, the port file."""
    host = f"[{flags.host}]" if ":" in flags.host else flags.host
    log.info("serving %s at http://%s:%d", ", ".join(model.name for model in models), host, port)
    if not flags.exit_with_stdin:  # else its owner stops it
        try:
            process_info.add([port], flags.model)
            stack.callback(process_info.remove, os.getpid())
            _write_settings(flags, models, port)
        except OSError as error:
            log.warning("stop and kill may not find this server, because a file cannot be written: %s", error)
    if flags.port_file:
        partial_file = Path(flags.port_file).with_suffix(".part")
        partial_file.write_text(str(port), encoding="ascii")
        partial_file.replace(flags.port_file)


def _write_settings(flags: argparse.Namespace, models: Sequence[ServedModel], port: int) -> None:
    folder = Path(f"{flags.workdir}_{port}")
    settings = {key: value for key, value in vars(flags).items() if key not in ("given", "command")}
    settings |= {"port": port, "models": [dict(model.metadata) for model in models]}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def _stop_with_stdin() -> None:
    """End when whoever started this process closes the pipe or dies; after the time to drain, whatever still runs."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(_DRAIN_S)
    os._exit(1)


def _already_drained(_number: int, _frame: object) -> None:
    """Do nothing: by the time the signal comes here, the server has finished its work."""
