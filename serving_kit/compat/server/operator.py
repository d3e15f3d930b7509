"""Paddle Serving's operators as data, and the makers that put them into an order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from serving_kit.errors import BadInput
from serving_kit.serve.op_class import COPY, INFER, READER, RESPONSE, TEXT_READER, TEXT_RESPONSE, check_class

__all__ = ["Op", "OpGraphMaker", "OpMaker", "OpSeqMaker"]

# What releases before 0.7 called them.
_OLD_NAMES = {
    "general_infer": INFER,
    "general_reader": READER,
    "general_response": RESPONSE,
    "general_copy": COPY,
    "general_text_reader": TEXT_READER,
    "general_text_response": TEXT_RESPONSE,
    "general_single_kv": "GeneralSingleKVOp",
    "general_dist_kv_infer": "GeneralDistKVInferOp",
    "general_dist_kv": "GeneralDistKVOp",
}


@dataclass(frozen=True)
class Op:
    """One operator; `inputs` are the names of those that feed it."""

    name: str
    type: str
    inputs: tuple[str, ...] = ()


class OpMaker:
    """Makes operators; those without a name of their own are numbered by type."""

    def __init__(self) -> None:
        self._made: Counter[str] = Counter()

    def create(
        self,
        node_type: str,
        engine_name: str | None = None,
        inputs: Sequence[Op] = (),
        outputs: Sequence[Op] = (),  # noqa: ARG002 - part of the old signature, without effect there too
        addresses: Sequence[str] = (),
    ) -> Op:
        """Return an operator that `inputs` feed; Unsupported for a type that has no meaning here."""
        kind = _OLD_NAMES.get(node_type, node_type)
        check_class(kind, node_type)
        if addresses:
            check_class("GeneralRemoteOp", f"{node_type} at {list(addresses)}")
        name = engine_name or f"{node_type}_{self._made[node_type]}"
        if not engine_name:
            self._made[node_type] += 1
        return Op(name, kind, tuple(op.name for op in inputs))


class OpGraphMaker:
    """A graph: every operator says itself what feeds it."""

    def __init__(self) -> None:
        self._ops: list[Op] = []

    def add_op(self, node: Op) -> None:
        """Add an operator after those that feed it."""
        self._ops.append(node)

    def get_op_graph(self) -> tuple[Op, ...]:
        """Return the operators in the order they were added."""
        return tuple(self._ops)


class OpSeqMaker:
    """A chain: each operator is fed by the one before it."""

    def __init__(self) -> None:
        self._ops: list[Op] = []

    def add_op(self, node: Op) -> None:
        """Add the next operator; BadInput where it says that something else than the last one feeds it."""
        if self._ops:
            last = self._ops[-1].name
            if node.inputs not in ((), (last,)):
                raise BadInput(f"{node.name} is fed by {list(node.inputs)}, but follows {last}; use OpGraphMaker")
            node = replace(node, inputs=(last,))
        self._ops.append(node)

    def get_op_sequence(self) -> tuple[Op, ...]:
        """Return the operators in their order."""
        return tuple(self._ops)
