"""What the ops of a pipeline ask: models in this process, and servers elsewhere."""

from typing import Any

from serving_kit.clients.op_client import TIMEOUT_S, op_client
from serving_kit.pipeline.local_model import LocalModel, engine_options
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.running import Running
from serving_kit.runtime.load import load


def client_for(op: Op, running: Running) -> Any:
    """Return what an op's `process` asks, None where it asks nobody; ServingKitError names what cannot be had."""
    remote, local = running.remote, running.local
    if remote:
        return op_client(
            remote.endpoints,
            remote.protocol,
            remote.client_config,
            remote.encryption_key,
            fetch=running.fetch,
            timeout_s=running.timeout_s or TIMEOUT_S,
        )
    if local:
        return LocalModel(load(local.model_directory, engine_options(local, op.concurrency_idx or 0)))
    return None
