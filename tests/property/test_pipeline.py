"""Random graphs with random failures, delays, batches and cancellations, against a plain evaluation in order."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from serving_kit.errors import Internal, ServingKitError
from serving_kit.pipeline.codes import OpError
from serving_kit.pipeline.flow import Answer, Flow
from serving_kit.pipeline.graph import ENTRY, Graph, Node
from serving_kit.pipeline.sample import Sample
from serving_kit.pipeline.stage import BatchStage, Ticket

JOIN = "join"


@dataclass(frozen=True)
class Plan:
    """How one op behaves: on which requests it fails or jumps, how long it takes, and how it shares its work."""

    fails_on: frozenset[int]
    jumps_on: frozenset[int]
    delay_s: float
    concurrency: int
    batch_size: int
    wait_s: float
    capacity: int


plans = st.builds(
    Plan,
    fails_on=st.frozensets(st.integers(0, 12), max_size=2),
    jumps_on=st.frozensets(st.integers(0, 12), max_size=4),
    delay_s=st.sampled_from([0, 0, 0.0005, 0.002]),
    concurrency=st.integers(1, 3),
    batch_size=st.integers(1, 4),
    wait_s=st.sampled_from([0.0, 0.001]),
    capacity=st.sampled_from([0, 1, 3]),
)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Graph, dict[str, Plan]]:
    names = [f"op{number}" for number in range(draw(st.integers(1, 6)))]
    nodes = []
    for number, name in enumerate(names):
        before = [ENTRY, *names[:number]]
        inputs = draw(st.lists(st.sampled_from(before), min_size=1, max_size=3, unique=True))
        behind = [*names[number + 1 :], JOIN]
        jumps = draw(st.lists(st.sampled_from(behind), max_size=1)) if draw(st.booleans()) else []
        nodes.append(Node(name, tuple(inputs), tuple(jumps)))
    waited_for = {name for node in nodes for name in node.inputs}
    nodes.append(Node(JOIN, tuple(name for name in names if name not in waited_for)))
    feeds = {(source, node.name) for node in nodes for source in node.inputs}
    nodes = [replace(node, jumps=tuple(to for to in node.jumps if (node.name, to) not in feeds)) for node in nodes]
    return Graph(nodes), {node.name: draw(plans) for node in nodes}


def told(name: str, data_id: int, values: Mapping[str, Any]) -> tuple[object, ...]:
    return (name, data_id, *sorted(values.items()))


def in_order(graph: Graph, behaviour: Mapping[str, Plan], data_id: int) -> object:
    """What the graph answers, one op after the other; the errors of all ops that fail where one does."""
    said: dict[tuple[str, str], Any] = {(ENTRY, name): data_id for name in graph.followers[ENTRY]}
    failed = set()
    answer: Any = None
    for node in graph.nodes:
        values = {source: said[source, node.name] for source in graph.sources[node.name] if (source, node.name) in said}
        plan = behaviour[node.name]
        answer = told(node.name, data_id, values) if values else None
        if values and data_id in plan.fails_on:
            failed.add(node.name)
        has_jumped = bool(node.jumps) and data_id in plan.jumps_on
        for name in node.jumps if has_jumped else graph.followers[node.name]:
            if values:
                said[node.name, name] = answer
    return failed or answer


def check(answer: object, expected: object) -> None:
    if isinstance(expected, set):
        assert isinstance(answer, OpError)
        assert answer.op in expected
    elif expected is None:
        assert isinstance(answer, Internal)
    else:
        assert answer == expected


def stage_of(node: Node, plan: Plan, runs: Counter[tuple[str, int]]) -> BatchStage:
    async def work(tickets: Sequence[Ticket]) -> list[Answer | ServingKitError]:
        assert 1 <= len(tickets) <= plan.batch_size
        if plan.delay_s:
            await asyncio.sleep(plan.delay_s)
        answers: list[Answer | ServingKitError] = []
        for ticket in tickets:
            data_id = ticket.sample.data_id
            runs[node.name, data_id] += 1
            if data_id in plan.fails_on:
                answers.append(OpError(51, "poisoned", node.name))
            else:
                has_jumped = bool(node.jumps) and data_id in plan.jumps_on
                answers.append(Answer(told(node.name, data_id, ticket.values), jumps=has_jumped))
        return answers

    return BatchStage(
        work, concurrency=plan.concurrency, batch_size=plan.batch_size, wait_s=plan.wait_s, capacity=plan.capacity
    )


@settings(max_examples=120)
@given(made=graphs(), count=st.integers(1, 13), gone=st.dictionaries(st.integers(0, 12), st.sampled_from([0, 0.001])))
def test_every_request_gets_what_it_would_alone_or_its_own_error(
    made: tuple[Graph, dict[str, Plan]], count: int, gone: Mapping[int, float]
) -> None:
    graph, behaviour = made
    runs: Counter[tuple[str, int]] = Counter()

    async def ask_all() -> list[object]:
        stages = {node.name: stage_of(node, behaviour[node.name], runs) for node in graph.nodes}

        async def ask(data_id: int) -> object:
            asked = asyncio.ensure_future(Flow(graph, stages, Sample(data_id)).run(data_id))
            if data_id in gone:
                await asyncio.sleep(gone[data_id])
                asked.cancel()
            try:
                return await asked
            except asyncio.CancelledError:
                return None
            except ServingKitError as error:
                return error

        async with asyncio.timeout(20):
            answers = await asyncio.gather(*map(ask, range(count)))
        for stage in stages.values():
            assert stage.waiting == 0
            await stage.stop()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return answers

    for data_id, answer in enumerate(asyncio.run(ask_all())):
        if data_id not in gone or answer is not None:
            check(answer, in_order(graph, behaviour, data_id))
    assert max(runs.values(), default=1) == 1, "no op answers a request twice"
