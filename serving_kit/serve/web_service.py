"""`WebService`: a pipeline as most old scripts write it, or, as the oldest do, models with a hook on either side."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from serving_kit.errors import BadInput
from serving_kit.pipeline.ends import RequestOp, ResponseOp
from serving_kit.pipeline.op import Op
from serving_kit.serve.model_web_service import ModelWebService
from serving_kit.serve.pipeline_server import PipelineServer


class WebService(ModelWebService):
    """Override `get_pipeline_response`, then call `prepare_pipeline_config(...)` and `run_service()`.

    The oldest scripts override `preprocess` and `postprocess` instead (see `ModelWebService`).
    """

    def __init__(self, name: str = "default_service") -> None:
        super().__init__(name)
        self._server = PipelineServer(name)

    def get_pipeline_response(self, read_op: RequestOp) -> Op | None:  # noqa: ARG002 - for who overrides it
        """Return the last op of a graph that begins with `read_op`."""
        return None

    def prepare_pipeline_config(
        self, yml_file: str | Path | None = None, yml_dict: Mapping[str, Any] | None = None
    ) -> None:
        """Build the graph and check the configuration; BadInput says what is wrong."""
        last = self.get_pipeline_response(RequestOp())
        if last is None:
            raise BadInput(
                f"{type(self).__name__}.get_pipeline_response gives no op; override it to return the last one"
            )
        self._server.set_response_op(ResponseOp(input_ops=[last]))
        self._server.prepare_server(yml_file=yml_file, yml_dict=yml_dict)

    def run_service(self) -> None:
        """Serve until a signal asks to stop."""
        self._server.run_server()
