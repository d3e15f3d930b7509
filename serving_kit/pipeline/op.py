"""`Op`: one step of a pipeline as a script writes it, with the hooks of Paddle Serving's pipeline ops."""

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from serving_kit.errors import BadInput

if TYPE_CHECKING:
    from serving_kit.pipeline.op_cache import OpCache

_numbers = itertools.count()


class Op:
    """Override `init_op`, `preprocess`, `process` or `postprocess` where the op differs; each may be a coroutine.

    Values left None come from the op's section of config.yml. Times are milliseconds, as they are there.
    """

    is_step = False  # of a list of steps, whose errors name the step and no class

    def __init__(  # noqa: PLR0917 - the old signature
        self,
        name: str | None = None,
        input_ops: "Sequence[Op]" = (),
        server_endpoints: Sequence[str] | None = None,
        fetch_list: Sequence[str] | None = None,
        client_config: str | Sequence[str] | None = None,
        client_type: str | None = None,
        concurrency: int | None = None,
        timeout: float | None = None,
        retry: int = 0,
        batch_size: int | None = None,
        auto_batching_timeout: float | None = None,
        local_service_handler: object = None,
        jump_to_ops: "Sequence[Op]" = (),
    ) -> None:
        self.name = name or f"op{next(_numbers)}"
        self.client_type = client_type
        self.concurrency = concurrency
        self.concurrency_idx: int | None = None  # of the process that runs it; in threads nobody knows
        self.client: Any = None  # what `process` asks; made before `init_op`
        self.dynamic_shape_info: dict[str, dict[str, list[int]]] = {}
        self._input_ops = _ops(self.name, "input_ops", input_ops)
        self._jump_to_ops = _ops(self.name, "jump_to_ops", jump_to_ops)
        self._server_endpoints = server_endpoints
        self._fetch_names = fetch_list
        self._client_config = client_config
        self._timeout = timeout
        self._retry = retry
        self._batch_size = batch_size
        self._auto_batching_timeout = auto_batching_timeout
        self._answers: OpCache | None = None  # kept for feeds that come again
        self._local_service_handler = local_service_handler
        self.set_dynamic_shape_info()

    def init_op(self) -> None:
        """Prepare what the hooks need: once for all threads of the op, or once in each of its processes."""

    def set_dynamic_shape_info(self) -> None:
        """Set `dynamic_shape_info` to `min_input_shape`, `max_input_shape` and `opt_input_shape` for TensorRT."""

    def preprocess(
        self, input_dicts: Mapping[str, Mapping[str, Any]], data_id: int = 0, log_id: int = 0
    ) -> tuple[Any, bool, int | None, str]:
        """Make the model's feed of what the ops before gave, by their names.

        Returns the feed, a dict of arrays with the batch axis or a list of such dicts, each of which is asked by
        itself; whether `process` is skipped; and a product's own error number, 51 to 99, or None, with its text.
        """
        if len(input_dicts) != 1:
            raise BadInput(f"op {self.name!r} has {len(input_dicts)} inputs; override preprocess to join them")
        (feed,) = input_dicts.values()
        return feed, False, None, ""

    def process(self, feed_batch: Sequence[Mapping[str, Any]], typical_logid: int = 0) -> tuple[Any, int, str]:
        """Ask the model with `feed_batch[0]`; return its outputs by alias, an error number (0: none) and its text."""
        return self.client.predict(feed=feed_batch[0], fetch=self._fetch_names, log_id=typical_logid), 0, ""

    def postprocess(
        self, input_data: Mapping[str, Mapping[str, Any]], fetch_data: Any, data_id: int = 0, log_id: int = 0
    ) -> tuple[dict[str, Any], int | None, str]:
        """Make the op's answer of the model's outputs: a dict, and a product's own error number or None, with its text.

        `input_data` is what `preprocess` got. `fetch_data` holds this request's part of the outputs, or a list of
        outputs where the feed was a list; the feed itself where `process` was skipped.
        """
        return (fetch_data if isinstance(fetch_data, dict) else {}), None, ""

    def check_jumping(self, input_data: Mapping[str, Any]) -> bool:
        """Tell of an op with `jump_to_ops` whether its answer goes to these instead of to the ops behind it."""
        return False

    def get_input_ops(self) -> "Sequence[Op]":
        """Return the ops that this one waits for."""
        return self._input_ops

    def set_input_ops(self, ops: "Sequence[Op]") -> None:
        """Let it wait for these instead."""
        self._input_ops = _ops(self.name, "input_ops", ops)

    def get_jump_to_ops(self) -> "Sequence[Op]":
        """Return the ops that this one may jump to."""
        return self._jump_to_ops

    def set_jump_to_ops(self, ops: "Sequence[Op]") -> None:
        """Let it jump to these instead."""
        self._jump_to_ops = _ops(self.name, "jump_to_ops", ops)


def _ops(name: str, argument: str, ops: "Op | Sequence[Op]") -> "tuple[Op, ...]":
    given = (ops,) if isinstance(ops, Op) else tuple(ops)
    wrong = [op for op in given if not isinstance(op, Op)]
    if wrong:
        raise BadInput(f"{argument} of op {name!r} must hold ops, got {wrong[0]!r}")
    return given
