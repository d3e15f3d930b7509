import re

import pytest

from serving_kit.errors import BadInput
from serving_kit.pipeline.graph import ENTRY, Graph, Node


def test_ops_stand_behind_those_they_wait_for() -> None:
    graph = Graph([Node("join", ("a", "b")), Node("b", ("a",)), Node("a", (ENTRY,))])
    assert [node.name for node in graph.nodes] == ["a", "b", "join"]
    assert graph.followers[ENTRY] == ("a",)
    assert set(graph.followers["a"]) == {"b", "join"}
    assert graph.last == "join"


def test_a_jump_over_ops_is_a_source_of_the_one_jumped_to() -> None:
    graph = Graph([Node("a", (ENTRY,), jumps=("c",)), Node("b", ("a",)), Node("c", ("b",))])
    assert graph.sources["c"] == ("b", "a")
    assert graph.jumps["a"] == ("c",)
    assert not any(graph.loops.values())


def test_a_jump_back_is_a_loop_and_no_source() -> None:
    graph = Graph([Node("a", (ENTRY,)), Node("b", ("a",)), Node("c", ("b",), jumps=("b",)), Node("d", ("c",))])
    assert graph.sources["b"] == ("a",)
    assert [[node.name for node in loop] for loop in graph.loops["c"]] == [["b", "c"]]
    assert graph.jumps["c"] == ()


@pytest.mark.parametrize(
    ("nodes", "is_line"),
    [
        ([Node("b", ("a",)), Node("a", (ENTRY,))], True),
        ([Node("a", (ENTRY,)), Node("b", (ENTRY,)), Node("c", ("a", "b"))], False),
        ([Node("a", (ENTRY,)), Node("b", ("a", ENTRY))], False),
        ([Node("a", (ENTRY,)), Node("b", ("a",)), Node("c", ("b",), jumps=("b",)), Node("d", ("c",))], False),
    ],
)
def test_a_line_is_told_from_other_graphs(nodes: list[Node], is_line: bool) -> None:
    assert Graph(nodes).is_line is is_line


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ([], "needs at least one op"),
        ([Node("a", (ENTRY,)), Node("a", (ENTRY,))], "two ops are called 'a'"),
        ([Node(ENTRY, (ENTRY,))], f"two ops are called '{ENTRY}'"),
        ([Node("a", ("b",))], "op 'a' names 'b', which is no op"),
        ([Node("a", ())], "op 'a' has no input"),
        ([Node("a", (ENTRY, ENTRY))], "op 'a' names an op twice"),
        ([Node("a", (ENTRY, "b")), Node("b", ("a",))], "wait for one another"),
        ([Node("a", (ENTRY,)), Node("b", (ENTRY,))], "nothing waits for a, b; join them"),
        ([Node("a", (ENTRY,), jumps=("b",)), Node("b", ("a",))], "'a' jumps to 'b', which waits for it anyway"),
        ([Node("a", (ENTRY,), jumps=(ENTRY,))], f"cannot jump to {ENTRY}"),
        (
            [Node("a", (ENTRY,)), Node("b", ("a",), jumps=("a", "d")), Node("c", ("b",)), Node("d", ("c",))],
            "op 'b' jumps back and elsewhere too",
        ),
    ],
)
def test_a_graph_that_makes_no_sense_is_refused(nodes: list[Node], said: str) -> None:
    with pytest.raises(BadInput, match=re.escape(said)):
        Graph(nodes)
