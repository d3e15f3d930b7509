"""`start`: from checked flags to a server that answers, and its clean end."""

import argparse
import gc
import json
import logging
import os
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from serving_kit.errors import BadInput
from serving_kit.metrics.counters import Metrics
from serving_kit.metrics.statistics import Statistics, shared_rows
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.serve import process_info
from serving_kit.serve.lanes import Lanes, model_lanes
from serving_kit.serve.models import ModelLoader
from serving_kit.serve.plan import plan_models
from serving_kit.serve.port_file import write_port
from serving_kit.serve.server import PROTOCOLS, PortServer, allow_open_files, bind_all
from serving_kit.serve.stdin import stop_with_stdin
from serving_kit.serve.tuning import settle
from serving_kit.serve.workers import Workers, inherited_sockets
from serving_kit.service.keys import ApiKeys
from serving_kit.service.model import ServedModel
from serving_kit.service.service import Service
from serving_kit.service.workflow import Workflow

log = logging.getLogger(__name__)

_DRAIN_S = 30


def start(flags: argparse.Namespace, workflow: Workflow | None = None, make_lanes: Lanes = model_lanes) -> None:
    """Serve until a signal asks to stop, then finish what runs. A ServingKitError says what cannot be started.

    `workflow` names models as `--name` does, and takes the place of `--parallel`; `make_lanes` says what speaks.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # while models load: unwind, and end their trials too
    if flags.exit_with_stdin:
        stop_with_stdin(_DRAIN_S)
    plans = plan_models(flags)
    keys = None if flags.api_key_file is None else ApiKeys.read(Path(flags.api_key_file))
    with ExitStack() as stack:
        # Models may load for minutes; a port that is taken need not wait for them.
        sockets = _sockets(flags, stack)
        if flags.workers > 1 and not flags.listen_fds:
            if workflow:
                raise BadInput("--workers 1 is all that a workflow made in Python can have; leave --workers out")
            if flags.model_control:
                raise BadInput("--model_control would change one of --workers alone; leave one of the two out")
            # Opened here too, so that what is wrong is said once, and not by every worker.
            names = [plan.name or directory.name for plan in plans for directory in (ModelDir.open(plan.path),)]
            for plan in plans:  # once, while the machine is quiet; the workers find what is remembered
                settle(plan)
            with Workers(flags, sockets, _DRAIN_S, names) as workers:
                workers.run(on_ready=partial(_announce, flags, (), stack, sockets))
            return
        metrics = _metrics(flags, stack)
        loader = ModelLoader(plans, flags.queue_limit, flags.request_cache_size, _statistics(flags))
        models = loader.load_all()
        service = Service(
            models, metrics, workflow or _workflow(flags, models), loader.load if flags.model_control else None
        )
        stack.callback(service.repository.close)
        lanes = make_lanes(service, max_body_bytes=flags.max_body_size, keys=keys)
        server = PortServer(service, lanes, sockets, drain_timeout_s=_DRAIN_S)
        allow_open_files()
        gc.collect()
        gc.freeze()  # what was loaded stays: looking through it again and again would halt every request for a while
        server.run(on_ready=partial(_announce, flags, models, stack, sockets))
        for number in (signal.SIGINT, signal.SIGTERM):  # it stops already
            signal.signal(number, signal.SIG_IGN)
    log.info("stopped")


def _workflow(flags: argparse.Namespace, models: Sequence[ServedModel]) -> Workflow:
    names = [model.name for model in models]
    return Workflow.parallel(names) if flags.parallel else Workflow.sequence(names)


def _sockets(flags: argparse.Namespace, stack: ExitStack) -> Mapping[str, socket.socket]:
    if flags.listen_fds:
        sockets = inherited_sockets(flags.listen_fds)
    else:
        own_ports = {name: getattr(flags, f"{name}_port") for name in PROTOCOLS}
        sockets = bind_all(
            flags.host, {"": flags.port} | {name: number for name, number in own_ports.items() if number is not None}
        )
    for listening in sockets.values():
        stack.callback(listening.close)
    return sockets


def _metrics(flags: argparse.Namespace, stack: ExitStack) -> Metrics | None:
    if not flags.enable_prometheus:
        return None
    metrics = Metrics()
    if not flags.listen_fds:  # else whoever started the workers answers for all of them
        exposer, _ = metrics.expose(flags.prometheus_port)
        stack.callback(exposer.server_close)
        stack.callback(exposer.shutdown)
    return metrics


def _statistics(flags: argparse.Namespace) -> Callable[[int], Statistics]:
    if flags.nth_worker is None:
        return lambda _: Statistics()
    rows = shared_rows(Path(flags.counters), flags.workers, len(flags.model))
    return lambda index: Statistics(rows[index], flags.nth_worker)


def _announce(
    flags: argparse.Namespace,
    models: Sequence[ServedModel],
    stack: ExitStack,
    sockets: Mapping[str, socket.socket],
) -> None:
    """Tell whoever waits that the server answers: the log, the process list, the effective settings, the port file."""
    ports = {name: int(listening.getsockname()[1]) for name, listening in sockets.items()}
    port = ports[""]
    host = f"[{flags.host}]" if ":" in flags.host else flags.host
    names = ", ".join(model.name for model in models) or f"{len(flags.model)} models in {flags.workers} processes"
    log.info("serving %s at http://%s:%d (gRPC and bRPC too)", names, host, port)
    for name in ports.keys() - {""}:
        log.info("serving %s alone at port %d", name, ports[name])
    if not flags.exit_with_stdin:  # else its owner stops it
        try:
            process_info.add(list(ports.values()), flags.model)
            stack.callback(process_info.remove, os.getpid())
            _write_settings(flags, models, port)
        except OSError as error:
            log.warning("stop and kill may not find this server, because a file cannot be written: %s", error)
    if flags.port_file:
        write_port(Path(flags.port_file), port)


def _write_settings(flags: argparse.Namespace, models: Sequence[ServedModel], port: int) -> None:
    folder = Path(f"{flags.workdir}_{port}")
    settings = {key: value for key, value in vars(flags).items() if key not in ("given", "command")}
    settings |= {"port": port, "models": [dict(model.metadata) for model in models]}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
