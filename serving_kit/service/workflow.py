"""Which models answer a request, in which order, and whose answers are sent: a graph of engines."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from serving_kit.errors import BadInput

# Paddle Serving names an answer by the operator that made it, numbered in the order they run.
ENGINE_NAME = "GeneralInferOp_{}"


@dataclass(frozen=True, slots=True)
class Node:
    """One engine: the model that runs, and the nodes whose outputs feed it; none means the request itself."""

    name: str
    model: str
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Workflow:
    """Nodes in an order in which they can run, and the names of those that answer.

    BadInput where a name stands twice, a node is fed by one that does not come before it, or nothing answers.
    """

    nodes: tuple[Node, ...]
    answers: tuple[str, ...]

    def __post_init__(self) -> None:
        known: set[str] = set()
        for node in self.nodes:
            if node.name in known:
                raise BadInput(f"engine {node.name!r} stands twice in the workflow; give each a name of its own")
            for before in node.inputs:
                if before not in known:
                    raise BadInput(f"engine {node.name!r} is fed by {before!r}, which does not come before it")
            known.add(node.name)
        missing = [name for name in self.answers if name not in known]
        if missing or not self.answers:
            raise BadInput(f"the workflow answers with {missing or 'nothing'}; name engines of {sorted(known)}")

    @classmethod
    def sequence(cls, models: Sequence[str]) -> Self:
        """Feed each model by the one before and answer with the last, as Paddle Serving does by default."""
        names = [ENGINE_NAME.format(index) for index in range(len(models))]
        before = [(), *((name,) for name in names)]
        return cls(tuple(map(Node, names, models, before)), tuple(names[-1:]))

    @classmethod
    def parallel(cls, models: Sequence[str]) -> Self:
        """Feed every model by the request and answer with one output a model."""
        names = tuple(ENGINE_NAME.format(index) for index in range(len(models)))
        return cls(tuple(map(Node, names, models)), names)

    @cached_property
    def levels(self) -> list[list[Node]]:
        """The nodes in groups that can run at the same time, each after the groups before it."""
        depth: dict[str, int] = {}
        for node in self.nodes:
            depth[node.name] = 1 + max((depth[before] for before in node.inputs), default=-1)
        return [[node for node in self.nodes if depth[node.name] == level] for level in range(1 + max(depth.values()))]
