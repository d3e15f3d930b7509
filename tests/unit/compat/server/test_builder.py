from pathlib import Path

import pytest

from serving_kit.compat.server.builder import Server
from serving_kit.compat.server.operator import OpGraphMaker, OpMaker, OpSeqMaker
from serving_kit.errors import BadInput, ModelFileError, NotFound, Unsupported
from serving_kit.service.workflow import Node, Workflow
from tests.unit.tiny_models import legacy_linear, with_prototxt


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(with_prototxt(legacy_linear(tmp_path / "uci"), {"y": "price"}))


@pytest.fixture
def twin(tmp_path: Path) -> str:
    return str(with_prototxt(legacy_linear(tmp_path / "twin")))


def chain(count: int) -> Server:
    maker, ops, server = OpMaker(), OpSeqMaker(), Server()
    for kind in ("GeneralReaderOp", *["GeneralInferOp"] * count, "GeneralResponseOp"):
        ops.add_op(maker.create(kind))
    server.set_op_sequence(ops.get_op_sequence())
    return server


def test_the_server_of_the_old_examples_becomes_flags_and_a_workflow(model: str) -> None:
    server = chain(1)
    server.set_num_threads(2)
    server.load_model_config(model)
    server.prepare_server(workdir="workdir", port=9292, device="cpu")
    flags = server._flags
    assert flags is not None
    assert (flags.model, flags.port, flags.thread, flags.workdir) == ((model,), 9292, 2, "workdir")
    assert server.workflow() == Workflow((Node("GeneralInferOp_0", "uci"),), ("GeneralInferOp_0",))


def test_without_operators_one_model_is_served(model: str) -> None:
    server = Server()
    server.load_model_config([model])
    assert server.workflow().answers == ("GeneralInferOp_0",)


def test_models_of_a_chain_run_one_after_the_other(model: str, twin: str) -> None:
    server = chain(2)
    server.load_model_config([model, twin])
    first, second = server.workflow().nodes
    assert (first.model, second.model, second.inputs) == ("uci", "twin", ("GeneralInferOp_0",))


def test_models_of_a_graph_may_be_given_by_operator(model: str, twin: str) -> None:
    maker, ops, server = OpMaker(), OpGraphMaker(), Server()
    reader = maker.create("GeneralReaderOp")
    cnn = maker.create("GeneralInferOp", engine_name="cnn", inputs=[reader])
    bow = maker.create("GeneralInferOp", engine_name="bow", inputs=[reader])
    for op in (reader, cnn, bow, maker.create("GeneralResponseOp", inputs=[cnn, bow])):
        ops.add_op(op)
    server.set_op_graph(ops.get_op_graph())
    server.load_model_config({bow: model, cnn: twin})
    assert server.workflow() == Workflow((Node("cnn", "twin"), Node("bow", "uci")), ("cnn", "bow"))


def test_models_in_folders_of_one_name_are_named_by_their_engines(tmp_path: Path) -> None:
    paths = [str(with_prototxt(legacy_linear(tmp_path / part / "model"))) for part in ("a", "b")]
    server = chain(2)
    server.load_model_config(paths)
    assert [node.model for node in server.workflow().nodes] == ["GeneralInferOp_0", "GeneralInferOp_1"]


def test_outputs_are_listed_by_model(model: str, twin: str) -> None:
    server = chain(2)
    server.load_model_config([model, twin])
    assert (server.get_fetch_list(), server.get_fetch_list(0)) == (["y"], ["price"])


@pytest.mark.parametrize("count", [1, 3])
def test_models_and_operators_must_match_in_number(count: int, model: str) -> None:
    with pytest.raises(BadInput, match=r"the operators that run models are .*; give one model for each"):
        chain(2).load_model_config([model] * count)


def test_a_directory_that_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no model directory"):
        chain(1).load_model_config(str(tmp_path / "nowhere"))
    with pytest.raises(ModelFileError, match=r"serving_server_conf\.prototxt"):
        chain(1).load_model_config(str(tmp_path))


def test_steps_left_out_are_named(model: str) -> None:
    with pytest.raises(BadInput, match="call load_model_config"):
        Server().prepare_server(port=9393)
    server = Server()
    server.load_model_config(model)
    with pytest.raises(BadInput, match="call prepare_server"):
        server.run_server()
    server.set_op_sequence([OpMaker().create("GeneralInferOp")])
    with pytest.raises(BadInput, match="call load_model_config after the operators"):
        server.prepare_server(port=9393)


def test_what_cannot_be_honoured_is_refused_before_anything_starts(model: str) -> None:
    server = chain(1)
    server.load_model_config(model)
    with pytest.raises(Unsupported, match="Cube is not supported"):
        server.prepare_server(cube_conf="cube.conf")
    server.set_product_name("p")
    with pytest.raises(BadInput, match="--product_name cannot be honoured"):
        server.prepare_server()
