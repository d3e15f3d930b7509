"""The part of `WebService` that is older than pipelines: one chain of models over HTTP, with a hook on either side."""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import text_format

from serving_kit.clients.config import ClientConfig
from serving_kit.codecs import prototxt
from serving_kit.codecs.general_model_config_pb2 import FeedVar, FetchVar, GeneralModelConfig
from serving_kit.errors import BadInput
from serving_kit.metrics.statistics import Statistics
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.serve.default_hooks import stacked
from serving_kit.serve.hooked_model import HookedModel
from serving_kit.serve.lanes import model_lanes
from serving_kit.serve.log import set_up_log
from serving_kit.serve.models import ModelLoader
from serving_kit.serve.plan import plan_models
from serving_kit.serve.start import start
from serving_kit.serve.web_service_flags import gpu_list, web_service_flags
from serving_kit.serve.wsgi import WsgiApp
from serving_kit.service.keys import ApiKeys
from serving_kit.service.service import Service
from serving_kit.transports.http.hooked_lane import hooked_lane
from serving_kit.transports.lane import Lane

log = logging.getLogger(__name__)

_CPU = ["-1"]


class ModelWebService:
    """`load_model_config`, `prepare_server`, `run_rpc_service` or `run_debugger_service`, then `run_web_service`.

    Override `preprocess` and `postprocess`, which run in threads, several at a time. The port answers
    `POST /<name>/prediction`, and the models without hooks as a server of models does.
    """

    def __init__(self, name: str = "default_service") -> None:
        self.name = name
        self.gpus = list(_CPU)
        self.feed_vars: dict[str, FeedVar] = {}
        self.fetch_vars: dict[str, FetchVar] = {}
        self.port = 0
        self._models: list[ModelDir] = []
        self._config = ClientConfig()
        self._settings: dict[str, Any] = {}
        self._flags: argparse.Namespace | None = None

    def load_model_config(
        self,
        server_config_dir_paths: str | Sequence[str],
        client_config_path: str | Sequence[str] | None = None,
    ) -> None:
        """Name the model directories, one or several that run in a row; ModelFileError where one is none.

        Hooks know inputs and outputs by the aliases of `client_config_path`, by the models' own where it is left out.
        """
        paths = server_config_dir_paths
        self._models = [ModelDir.open(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
        if not self._models:
            raise BadInput("load_model_config names no model; give at least one directory")
        confs = _conf_files(client_config_path) or [model.server_dir / prototxt.SERVER_CONF for model in self._models]
        self._config = ClientConfig.read([str(conf) for conf in confs])
        self.feed_vars = {var.alias_name: var for var in _read(confs[0]).feed_var}
        self.fetch_vars = {var.alias_name: var for var in _read(confs[-1]).fetch_var}

    def set_gpus(self, gpus: int | str | Sequence[int | str] | None) -> None:
        """Set the GPUs, a comma list for each model; "-1" is the CPU."""
        self.gpus = gpu_list(gpus)

    def prepare_server(  # noqa: PLR0917 - the old signature
        self,
        workdir: str,
        port: int = 9393,
        device: str = "cpu",
        precision: str = "fp32",
        use_calib: bool = False,
        use_lite: bool = False,
        use_xpu: bool = False,
        ir_optim: bool = False,
        thread_num: int = 4,
        mem_optim: bool = True,
        use_trt: bool = False,
        gpu_multi_stream: bool = False,
        runtime_thread_num: int | Sequence[int] | None = None,
        batch_infer_size: int | Sequence[int] | None = None,
        gpuid: int | str | Sequence[int | str] | None = None,
    ) -> None:
        """Set how models are served; each argument does what the flag of its name does.

        `gpuid` takes the place of `set_gpus`. `use_trt` and `gpu_multi_stream` have no effect on a CPU, as they had
        none. What cannot be honoured is refused when the service starts.
        """
        if "/" in self.name or not self.name:
            raise BadInput(f"service {self.name!r} cannot be asked for; give it a name without slashes")
        if gpuid is not None:
            self.gpus = gpu_list(gpuid)
        self.workdir, self.port, self.thread_num = workdir, port, thread_num
        self._settings = {
            "device": device,
            "precision": precision,
            "use_calib": use_calib,
            "use_lite": use_lite,
            "use_xpu": use_xpu,
            "ir_optim": ir_optim,
            "mem_optim_off": not mem_optim,
            "use_trt": use_trt,
            "gpu_multi_stream": gpu_multi_stream,
            "runtime_thread_num": runtime_thread_num,
            "batch_infer_size": batch_infer_size,
        }

    def run_rpc_service(self) -> None:
        """Serve all models, once `run_web_service` is called; BadInput says what `prepare_server` cannot have."""
        self._plan(self._models, self.gpus)

    def run_debugger_service(self, gpu: bool = False) -> None:
        """Serve the first model alone, on the CPU unless `gpu`, which is the first of `set_gpus`, or 0."""
        first = self.gpus[0].split(",", maxsplit=1)[0] if self.gpus != _CPU else "0"
        self._plan(self._models[:1], [first] if gpu else _CPU, is_on_cpu=not gpu)

    def run_web_service(self) -> None:
        """Answer until a signal asks to stop."""
        set_up_log("info")
        start(self._planned(), make_lanes=self._lanes)

    def get_app_instance(self) -> WsgiApp:
        """Return the service for a server of WSGI applications, which takes the place of `run_web_service`."""
        flags = self._planned()
        return WsgiApp(lambda: HookedModel(self, _service(flags), self._config), flags.max_body_size)

    def preprocess(self, feed: Any = (), fetch: Any = ()) -> Any:
        """Stack instances as the model takes them; override it for everything else."""
        return stacked(feed, self.feed_vars), fetch, True

    def postprocess(self, feed: Any = (), fetch: Any = (), fetch_map: Any = None) -> Any:  # noqa: ARG002 - overriders'
        """Return the outputs as lists."""
        return {name: np.asarray(value).tolist() for name, value in fetch_map.items()}

    def _plan(self, models: Sequence[ModelDir], gpus: Sequence[str], *, is_on_cpu: bool = False) -> None:
        if not models or not self._settings:
            raise BadInput("no service is prepared; call load_model_config and prepare_server first")
        settings = self._settings | ({"device": "cpu"} if is_on_cpu else {})
        where = {"port": self.port, "workdir": self.workdir, "thread": self.thread_num}
        self._flags = web_service_flags(models, gpus, settings, where)

    def _planned(self) -> argparse.Namespace:
        if self._flags is None:
            raise BadInput("no service is chosen; call run_rpc_service or run_debugger_service before this")
        return self._flags

    def _lanes(self, service: Service, *, max_body_bytes: int, keys: ApiKeys | None) -> Sequence[Lane]:
        hooked = HookedModel(self, service, self._config)
        log.info("POST /%s/prediction has the hooks of %s", self.name, type(self).__name__)
        http = hooked_lane(service, hooked, max_body_bytes=max_body_bytes, keys=keys)
        return model_lanes(service, max_body_bytes=max_body_bytes, keys=keys, http=http)


def _service(flags: argparse.Namespace) -> Service:
    loader = ModelLoader(plan_models(flags), flags.queue_limit, flags.request_cache_size, lambda _: Statistics())
    return Service(loader.load_all())


def _conf_files(paths: str | Sequence[str] | None) -> list[Path]:
    listed = [paths] if isinstance(paths, str | Path) else paths or []
    return [path / prototxt.CLIENT_CONF if path.is_dir() else path for path in map(Path, listed)]


def _read(path: Path) -> GeneralModelConfig:
    return text_format.Parse(path.read_text(encoding="utf-8"), GeneralModelConfig())
