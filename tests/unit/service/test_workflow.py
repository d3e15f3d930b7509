import pytest

from serving_kit.errors import BadInput
from serving_kit.service.workflow import Node, Workflow


def test_a_sequence_feeds_each_by_the_one_before_and_answers_with_the_last() -> None:
    workflow = Workflow.sequence(["a", "b"])
    assert workflow.nodes == (
        Node("GeneralInferOp_0", "a"),
        Node("GeneralInferOp_1", "b", ("GeneralInferOp_0",)),
    )
    assert workflow.answers == ("GeneralInferOp_1",)


def test_side_by_side_all_are_fed_by_the_request_and_answer() -> None:
    workflow = Workflow.parallel(["a", "b"])
    assert [node.inputs for node in workflow.nodes] == [(), ()]
    assert workflow.answers == ("GeneralInferOp_0", "GeneralInferOp_1")


def test_what_can_run_at_the_same_time_is_one_level() -> None:
    nodes = (Node("a", "m"), Node("b", "m"), Node("c", "m", ("a", "b")), Node("d", "m", ("b",)), Node("e", "m", ("c",)))
    levels = Workflow(nodes, ("e",)).levels
    assert [[node.name for node in level] for level in levels] == [["a", "b"], ["c", "d"], ["e"]]


@pytest.mark.parametrize(
    ("nodes", "answers", "said"),
    [
        ((Node("a", "m"), Node("a", "n")), ("a",), "engine 'a' stands twice"),
        ((Node("a", "m", ("b",)), Node("b", "m")), ("a",), "engine 'a' is fed by 'b', which does not come before it"),
        ((Node("a", "m"),), ("z",), r"the workflow answers with \['z'\]; name engines of \['a'\]"),
        ((Node("a", "m"),), (), "the workflow answers with nothing"),
    ],
)
def test_a_graph_that_cannot_run_is_refused(nodes: tuple[Node, ...], answers: tuple[str, ...], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        Workflow(nodes, answers)
