"""`Server`, which old scripts build in Python from operators, models and settings."""

import argparse
import logging
from collections.abc import Mapping, Sequence

from serving_kit.compat.server.graph import Graph, engines_of
from serving_kit.compat.server.operator import Op
from serving_kit.compat.server.setting import Settings
from serving_kit.errors import BadInput, Unsupported
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.serve.flags import parse_flags
from serving_kit.serve.op_class import INFER
from serving_kit.service.workflow import Node, Workflow

__all__ = ["Server"]

_FEWEST_THREADS = 4  # that the flag takes; Paddle Serving's `Server` took fewer, its command line did not
_ONE_MODEL = Graph(((f"{INFER}_0", 0, ()),), (f"{INFER}_0",))


class Server(Settings):
    """Operators, models and settings, then `prepare_server(...)` and `run_server()`.

    A setting that cannot be honoured is refused by `prepare_server`, a device that this machine lacks by `run_server`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._graph = _ONE_MODEL
        self._models: dict[str, ModelDir] = {}
        self._flags: argparse.Namespace | None = None

    def set_op_sequence(self, op_seq: Sequence[Op]) -> None:
        """Set the operators as `OpSeqMaker.get_op_sequence()` gives them."""
        self._graph, self._models = engines_of(op_seq), {}

    def set_op_graph(self, op_graph: Sequence[Op]) -> None:
        """Set the operators as `OpGraphMaker.get_op_graph()` gives them."""
        self._graph, self._models = engines_of(op_graph), {}

    def load_model_config(self, model_config_paths_args: str | Sequence[str] | Mapping[Op, str]) -> None:
        """Name the model directories: one, a list in the order of the operators that run them, or one an operator.

        ModelFileError where one cannot be read as a model, BadInput where operators and models do not match.
        """
        names = [name for name, _, _ in self._graph.engines]
        given = model_config_paths_args
        if isinstance(given, Mapping):
            paths = {op.name: path for op, path in given.items()}
        else:
            listed = [given] if isinstance(given, str) else given
            paths = dict(zip(names, listed, strict=True)) if len(listed) == len(names) else {}
        if sorted(paths) != sorted(names):
            raise BadInput(f"the operators that run models are {names}, the models {given!r}; give one model for each")
        self._models = {name: ModelDir.open(paths[name]) for name in names}

    def get_fetch_list(self, infer_node_idx: int = -1) -> list[str]:
        """Return the aliases of a model's outputs; of the last model's by default."""
        models = list(self._loaded().values())
        return [spec.alias for spec in models[infer_node_idx].outputs]

    def prepare_server(
        self,
        workdir: str | None = None,
        port: int = 9292,
        device: str | None = None,
        use_encryption_model: bool = False,
        cube_conf: str | None = None,
    ) -> None:
        """Check every setting; the effective ones are written to `<workdir>_<port>` once the server runs."""
        if cube_conf is not None:
            raise Unsupported("Cube is not supported; keep the sparse parameters in the model and leave cube_conf out")
        self._device = device or self._device
        self.set_port(port)
        words = [*self.arguments(), "--thread", str(max(self._threads, _FEWEST_THREADS)), "--device", self._device]
        words += ["--workdir", workdir or "tmp"] + ["--use_encryption_model"] * use_encryption_model
        models = self._loaded().values()
        words += ["--model", *(str(model.server_dir) for model in models), "--name", *self._served_names()]
        self._flags = parse_flags(words)
        self._flags.thread = self._threads

    def run_server(self) -> None:
        """Serve until a signal asks to stop; BadInput where `prepare_server` was not called."""
        if self._flags is None:
            raise BadInput("run_server was called before prepare_server; call prepare_server(workdir, port) first")
        from serving_kit.serve.start import start

        logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        logging.getLogger("serving_kit").setLevel("INFO")
        start(self._flags, self.workflow())

    def workflow(self) -> Workflow:
        """Return the engines as the server runs them."""
        names = self._served_names()
        nodes = tuple(Node(engine, names[index], inputs) for engine, index, inputs in self._graph.engines)
        return Workflow(nodes, self._graph.answers)

    def _loaded(self) -> dict[str, ModelDir]:
        if not self._models:
            raise BadInput("no model is loaded; call load_model_config after the operators and before this")
        return self._models

    def _served_names(self) -> list[str]:
        """Name the models by their folders, as the command line does; by their engines where two folders agree."""
        folders = [model.name for model in self._loaded().values()]
        return folders if len(set(folders)) == len(folders) else list(self._models)
