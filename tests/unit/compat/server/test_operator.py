import pytest

from serving_kit.compat.server.graph import Graph, engines_of
from serving_kit.compat.server.operator import Op, OpGraphMaker, OpMaker, OpSeqMaker
from serving_kit.errors import BadInput, Unsupported


def test_operators_are_numbered_by_type_unless_they_have_a_name() -> None:
    maker = OpMaker()
    names = [maker.create("GeneralInferOp").name, maker.create("GeneralInferOp", engine_name="cnn").name]
    assert names == ["GeneralInferOp_0", "cnn"]
    assert maker.create("GeneralInferOp").name == "GeneralInferOp_1"
    assert maker.create("general_infer") == Op("general_infer_0", "GeneralInferOp")


@pytest.mark.parametrize(
    ("kind", "instead"),
    [
        ("GeneralDetectionOp", "make a pipeline of the detector and the reader"),
        ("GeneralDistKVInferOp", "there is no Cube here"),
        ("general_dist_kv", "there is no Cube here"),
        ("GeneralRemoteOp", "name them under server_endpoints"),
        ("MyOp", "operators compiled in C\\+\\+ cannot be loaded"),
    ],
)
def test_operators_in_cpp_are_refused_in_one_sentence(kind: str, instead: str) -> None:
    with pytest.raises(Unsupported, match=rf"^{kind} cannot be honoured: [^.]*{instead}[^.]*$"):
        OpMaker().create(kind)


def test_operators_on_other_machines_are_refused() -> None:
    with pytest.raises(Unsupported, match=r"GeneralInferOp at .* cannot be honoured: models on other machines"):
        OpMaker().create("GeneralInferOp", addresses=["10.0.0.1:9393"])


def test_operators_for_text_read_and_answer_as_the_others_do() -> None:
    maker, chain = OpMaker(), OpSeqMaker()
    for kind in ("GeneralTextReaderOp", "GeneralInferOp", "general_copy", "general_text_response"):
        chain.add_op(maker.create(kind))
    graph = engines_of(chain.get_op_sequence())
    assert graph == Graph((("GeneralInferOp_0", 0, ()),), ("GeneralInferOp_0",))


def test_a_chain_feeds_each_model_by_the_one_before() -> None:
    maker, chain = OpMaker(), OpSeqMaker()
    for kind in ("GeneralReaderOp", "GeneralInferOp", "GeneralInferOp", "GeneralResponseOp"):
        chain.add_op(maker.create(kind))
    graph = engines_of(chain.get_op_sequence())
    assert graph.engines == (("GeneralInferOp_0", 0, ()), ("GeneralInferOp_1", 1, ("GeneralInferOp_0",)))
    assert graph.answers == ("GeneralInferOp_1",)


def test_a_chain_out_of_order_is_refused() -> None:
    maker, chain = OpMaker(), OpSeqMaker()
    reader = maker.create("GeneralReaderOp")
    chain.add_op(reader)
    chain.add_op(maker.create("GeneralInferOp", inputs=[reader]))
    with pytest.raises(BadInput, match=r"is fed by \['GeneralReaderOp_0'\], but follows GeneralInferOp_0"):
        chain.add_op(maker.create("GeneralResponseOp", inputs=[reader]))


def ensemble(*, respond: bool) -> tuple[Op, ...]:
    maker, graph = OpMaker(), OpGraphMaker()
    reader = maker.create("GeneralReaderOp")
    cnn = maker.create("GeneralInferOp", engine_name="cnn", inputs=[reader])
    copy = maker.create("GeneralCopyOp", inputs=[cnn])
    bow = maker.create("GeneralInferOp", engine_name="bow", inputs=[reader])
    last = maker.create("GeneralInferOp", engine_name="last", inputs=[copy])
    ops = [reader, cnn, copy, bow, last]
    for op in ops + [maker.create("GeneralResponseOp", inputs=[bow, last])] * respond:
        graph.add_op(op)
    return graph.get_op_graph()


@pytest.mark.parametrize("respond", [True, False])
def test_a_graph_keeps_what_feeds_what_and_leaves_out_what_runs_no_model(respond: bool) -> None:
    graph = engines_of(ensemble(respond=respond))
    assert graph.engines == (("cnn", 0, ()), ("bow", 1, ()), ("last", 2, ("cnn",)))
    assert graph.answers == ("bow", "last")


def test_a_graph_that_cannot_run_is_refused() -> None:
    with pytest.raises(BadInput, match="b is fed by a, which does not come before it"):
        engines_of([Op("b", "GeneralInferOp", ("a",))])
    with pytest.raises(BadInput, match="run no model"):
        engines_of([Op("r", "GeneralReaderOp")])
