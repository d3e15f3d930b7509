import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from serving_kit.errors import DeadlineExceeded, Internal
from serving_kit.pipeline.flow import Answer, Flow, Values
from serving_kit.pipeline.graph import ENTRY, Graph, Node
from serving_kit.pipeline.sample import Sample

Hook = Callable[[Values], Answer]


class Told:
    """An op that answers at once."""

    def __init__(self, hook: Hook, delay_s: float = 0.0) -> None:
        self.hook, self.delay_s = hook, delay_s
        self.heard: list[Values] = []

    async def ask(self, _: Sample, values: Values) -> Answer:
        await asyncio.sleep(self.delay_s)
        self.heard.append(values)
        return self.hook(values)


def total(values: Values) -> Answer:
    return Answer(sum(values.values()))


def plus_one(values: Values) -> Answer:
    return Answer(sum(values.values()) + 1)


def answer(nodes: list[Node], stages: Mapping[str, Told], request: Any = 1, sample: Sample | None = None) -> Any:
    return asyncio.run(Flow(Graph(nodes), stages, sample or Sample(0)).run(request))


def test_ops_side_by_side_are_joined_under_their_names() -> None:
    stages = {"a": Told(plus_one), "b": Told(lambda _: Answer(10)), "join": Told(total)}
    nodes = [Node("a", (ENTRY,)), Node("b", (ENTRY,)), Node("join", ("a", "b"))]
    assert answer(nodes, stages) == 12
    assert stages["join"].heard == [{"a": 2, "b": 10}]


def test_what_is_jumped_over_is_not_asked() -> None:
    nodes = [Node("a", (ENTRY,), jumps=("c",)), Node("b", ("a",)), Node("c", ("b",))]
    for request, jumps in ((1, True), (2, False)):
        stages = {
            "a": Told(lambda heard, jumps=jumps: Answer(heard[ENTRY], jumps)),  # type: ignore[misc]
            "b": Told(lambda heard: Answer(heard["a"] * 100)),
            "c": Told(total),
        }
        assert answer(nodes, stages, request) == (1 if jumps else 200)
        assert len(stages["b"].heard) == (0 if jumps else 1)


def test_a_loop_goes_round_until_its_op_stops_jumping() -> None:
    nodes = [Node("a", (ENTRY,)), Node("b", ("a",)), Node("c", ("b",), jumps=("b",)), Node("d", ("c",))]
    stages = {
        "a": Told(total),
        "b": Told(plus_one),
        "c": Told(lambda heard: Answer(heard["b"], jumps=heard["b"] < 5)),
        "d": Told(total),
    }
    assert answer(nodes, stages) == 5
    assert stages["b"].heard == [{"a": 1}, {"c": 2}, {"c": 3}, {"c": 4}]
    assert len(stages["a"].heard) == len(stages["d"].heard) == 1


def test_an_op_may_jump_to_itself() -> None:
    stages = {"a": Told(lambda heard: Answer(sum(heard.values()) * 2, jumps=sum(heard.values()) < 10))}
    assert answer([Node("a", (ENTRY,), jumps=("a",))], stages) == 32


def test_an_op_inside_a_loop_hears_again_what_was_said_outside() -> None:
    nodes = [
        Node("a", (ENTRY,)),
        Node("b", ("a",)),
        Node("beside", ("a",)),
        Node("c", ("b", "beside"), jumps=("b",)),
    ]
    stages = {
        "a": Told(total),
        "b": Told(plus_one),
        "beside": Told(lambda _: Answer(100)),
        "c": Told(lambda heard: Answer(heard["b"] + heard["beside"], jumps=heard["b"] < 3)),
    }
    assert answer(nodes, stages, 1) == 203
    assert len(stages["beside"].heard) == 1


def test_the_first_that_speaks_is_enough_where_that_is_wanted() -> None:
    stages = {"slow": Told(total, 5), "quick": Told(plus_one), "join": Told(total)}
    nodes = [Node("slow", (ENTRY,)), Node("quick", (ENTRY,)), Node("join", ("slow", "quick"), takes_first=True)]
    graph = Graph(nodes)

    async def ask() -> Any:
        async with asyncio.timeout(2):
            return await Flow(graph, stages, Sample(0)).run(1)

    assert asyncio.run(ask()) == 2
    assert stages["join"].heard == [{"quick": 2}]


def test_where_no_way_led_to_the_last_op_the_request_fails() -> None:
    nodes = [Node("a", (ENTRY,), jumps=("b",)), Node("b", (ENTRY,), jumps=("end",)), Node("end", ("a",))]
    stages = {"a": Told(lambda _: Answer(1, jumps=True)), "b": Told(total), "end": Told(total)}
    with pytest.raises(Internal, match="every way to the last op, 'end', was jumped over"):
        answer(nodes, {**stages, "b": Told(lambda _: Answer(1))})


def test_an_op_that_takes_too_long_ends_with_the_request() -> None:
    stages = {"a": Told(total, 60)}

    async def ask() -> None:
        until = asyncio.get_running_loop().time() + 0.05
        with pytest.raises(DeadlineExceeded, match="the time that the request allows is over"):
            await Flow(Graph([Node("a", (ENTRY,))]), stages, Sample(0, deadline_at=until)).run(1)
        with pytest.raises(DeadlineExceeded):
            await Flow(Graph([Node("a", (ENTRY,))]), stages, Sample(0, deadline_at=until)).run(1)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(ask())


def test_the_first_error_ends_what_still_runs() -> None:
    def fail(_: Values) -> Answer:
        raise Internal("no")

    stages = {"a": Told(fail), "b": Told(total, 60), "join": Told(total)}
    nodes = [Node("a", (ENTRY,)), Node("b", (ENTRY,)), Node("join", ("a", "b"))]
    with pytest.raises(Internal, match="no"):
        answer(nodes, stages)
    assert not stages["b"].heard
