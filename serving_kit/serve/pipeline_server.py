"""`PipelineServer`: a pipeline on the ports of its config.yml."""

import logging
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from serving_kit.errors import BadInput
from serving_kit.metrics.counters import Metrics
from serving_kit.pipeline.config import PipelineConfig
from serving_kit.pipeline.ends import ResponseOp
from serving_kit.pipeline.model import PipelineModel
from serving_kit.pipeline.pipeline import Pipeline
from serving_kit.serve.forked_workers import run_forked
from serving_kit.serve.op_clients import client_for
from serving_kit.serve.pipeline_lanes import pipeline_lanes
from serving_kit.serve.pipeline_watch import watched
from serving_kit.serve.server import PortServer, allow_open_files, bind_all
from serving_kit.serve.shared_port import twin
from serving_kit.service.keys import ApiKeys
from serving_kit.service.service import Service
from serving_kit.settings import settings
from serving_kit.transports.lane import Lane
from serving_kit.types import TensorSpec

log = logging.getLogger(__name__)

_FIRST_RPC_PORT, _LAST_RPC_PORT = 12000, 65535  # tried where config.yml has an http_port only
_UNNAMED = "pipeline"  # what the Open Inference Protocol calls a pipeline without a name

OnReady = Callable[[Mapping[str, int]], None]
"""Told the ports by protocol, "" for one that all protocols share."""


class PipelineServer:
    """`set_response_op(...)`, `prepare_server(...)`, then `run_server()`, which serves until a signal asks to stop.

    gRPC answers at `rpc_port` and HTTP at `http_port`; where both are the same number, one port has both. `inputs` and
    `outputs` describe the pipeline as one model of the Open Inference Protocol, where that is known.
    """

    def __init__(self, name: str | None = None) -> None:
        self.inputs: Sequence[TensorSpec] = ()
        self.outputs: Sequence[TensorSpec] = ()
        self._name = name or ""
        self._response: ResponseOp | None = None
        self._config: PipelineConfig | None = None

    def set_response_op(self, response_op: ResponseOp) -> None:
        """Set the op that ends the graph; all others are found from it."""
        if not isinstance(response_op, ResponseOp):
            raise BadInput(
                f"set_response_op takes a ResponseOp, got {type(response_op).__name__}; put the last op in one"
            )
        if len(response_op.get_input_ops()) != 1:
            raise BadInput("a ResponseOp takes one op; join several in an op before it")
        self._response = response_op

    def prepare_server(self, yml_file: str | Path | None = None, yml_dict: Mapping[str, Any] | None = None) -> None:
        """Read and check the configuration, of a file or of a dict; BadInput names the key that is wrong."""
        if (yml_file is None) == (yml_dict is None):
            raise BadInput("prepare_server takes one of yml_file and yml_dict")
        config = PipelineConfig.of(yml_dict) if yml_file is None else PipelineConfig.read(Path(yml_file))
        self.set_config(config)

    def set_config(self, config: PipelineConfig) -> None:
        """Set a checked configuration."""
        self._config = config

    def run_server(
        self,
        *,
        host: str | None = None,
        port: int | None = None,
        keys: ApiKeys | None = None,
        is_controlled: bool = False,
        on_ready: OnReady = lambda _: None,
    ) -> None:
        """Serve until a signal asks to stop; ServingKitError says what cannot be started.

        `host` is SERVING_KIT_HOST's or 127.0.0.1 where it is left out; `port` takes the place of config.yml's two.
        Clients may change the weights of variants where it `is_controlled`.
        """
        if self._response is None or self._config is None:
            raise BadInput("run_server was called too early; call set_response_op and prepare_server first")
        config, host = self._config, host or settings().host
        with ExitStack() as stack:
            sockets = _sockets(config, host, port)
            for listening in sockets.values():
                stack.callback(listening.close)
            serve = partial(
                self._serve, config, partial(pipeline_lanes, keys=keys, is_controlled=is_controlled), on_ready
            )
            if config.build_dag_each_worker and config.worker_num > 1:
                run_forked(config.worker_num, lambda number: serve(_twins(sockets), number))
            else:
                serve(sockets, 0)

    def _serve(
        self,
        config: PipelineConfig,
        lanes: Callable[[Pipeline, Service], Sequence[Lane]],
        on_ready: OnReady,
        sockets: Mapping[str, socket.socket],
        worker: int,
    ) -> None:
        assert self._response is not None  # noqa: S101 - `run_server` has seen it
        pipeline = Pipeline(self._name, self._response, config, client_for)
        pipeline.fork(sockets.values())
        model = PipelineModel(pipeline, self.inputs, self.outputs, name=self._name or _UNNAMED)
        metrics = Metrics() if config.dag.enable_prometheus else None
        service = Service([model], metrics)
        server = PortServer(
            service, lanes(pipeline, service), sockets, around=watched(pipeline, config.dag, metrics, worker)
        )
        allow_open_files()
        server.run(on_ready=partial(_announce, self._name or _UNNAMED, server.ports, on_ready))


def _sockets(config: PipelineConfig, host: str, port: int | None) -> Mapping[str, socket.socket]:
    if port is not None or config.rpc_port == config.http_port:
        shared = config.rpc_port if port is None else port
        return bind_all(host, {"": shared or 0})
    ports = {} if config.http_port is None else {"http": config.http_port}
    if config.rpc_port is not None:
        return bind_all(host, {"grpc": config.rpc_port, **ports})
    for free in range(_FIRST_RPC_PORT, _LAST_RPC_PORT + 1):
        if free == config.http_port:
            continue
        try:
            return bind_all(host, ports | {"grpc": free})
        except BadInput:
            bind_all(host, ports)["http"].close()  # where this one is in use, no other gRPC port helps
    raise BadInput(f"no port from {_FIRST_RPC_PORT} up is free for gRPC; set rpc_port")


def _twins(sockets: Mapping[str, socket.socket]) -> dict[str, socket.socket]:
    return {name: twin(bound) for name, bound in sockets.items()}


def _announce(name: str, ports: Mapping[str, int], on_ready: OnReady) -> None:
    told = ", ".join(f"{protocol or 'gRPC and HTTP'} at port {number}" for protocol, number in ports.items())
    log.info("pipeline %s answers (%s), pid %d", name, told, os.getpid())
    on_ready(ports)
