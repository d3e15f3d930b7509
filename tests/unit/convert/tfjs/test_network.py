import numpy as np
import pytest

from serving_kit.convert import tfjs
from serving_kit.convert.tfjs import graph, network
from serving_kit.errors import ModelFileError
from serving_kit.runtime.program import describe
from tests.unit.tiny_tfjs import answers, node, write

ROW = np.array([[1, -2, 3]], np.float32)


def test_what_has_no_translation_is_named_before_anything_is_computed(tmp_path):
    nodes = [node("a", "Bessel", "x"), node("b", "Atan2", "a", "x"), node("y", "Relu", "b")]
    with pytest.raises(ModelFileError, match="there is no translation for Atan2, Bessel; export"):
        network.check(graph.read(write(tmp_path, nodes, x=ROW)))


def test_a_node_that_does_not_fit_its_inputs_is_named(tmp_path):
    path = write(tmp_path, [node("y", "MatMul", "x", "w")], {"w": np.zeros((2, 2))}, x=ROW)
    with pytest.raises(ModelFileError, match="MatMul 'y' does not fit its inputs"):
        answers(path, ROW)


def test_what_must_be_known_may_not_be_computed(tmp_path):
    with pytest.raises(ModelFileError, match="Reshape 'y' computes its input 1 from the model's"):
        answers(write(tmp_path, [node("y", "Reshape", "x", "x")], x=ROW), ROW)


def test_what_is_only_folded_has_no_translation_when_computed(tmp_path):
    nodes = [node("y", "SparseToDense", "x", "n", "v", "d")]
    path = write(tmp_path, nodes, {"n": [3], "v": [1], "d": 0}, x=np.zeros((1, 1), np.int32))
    with pytest.raises(ModelFileError, match="SparseToDense 'y' is computed from the model's input"):
        answers(path, np.zeros((1, 1), np.int32))


def test_shapes_are_followed_without_being_computed(tmp_path):
    """An export that keeps no shapes computes them: here to [rows, 2 * columns]."""
    nodes = [
        node("s", "Shape", "x"),
        node("rows", "StridedSlice", "s", "first", "second", "second", shrink_axis_mask=1),
        node("columns", "StridedSlice", "s", "second", "third", "second", shrink_axis_mask=1),
        node("wide", "Mul", "columns", "two"),
        node("shape", "Pack", "rows", "wide", axis=0),
        node("twice", "ConcatV2", "x", "x", "one", N=2),
        node("y", "Reshape", "twice", "shape"),
    ]
    known = {"first": [0], "second": [1], "third": [2], "one": 1, "two": 2}
    path = write(tmp_path, nodes, known, x=ROW)
    assert answers(path, ROW)[0].tolist() == [[1, -2, 3, 1, -2, 3]]


def test_a_sparse_constant_is_laid_out(tmp_path):
    nodes = [node("d", "SparseToDense", "i", "n", "v", "r"), node("y", "Add", "x", "d")]
    path = write(tmp_path, nodes, {"i": [[0], [2]], "n": [3], "v": [5.0, 7.0], "r": 1.0}, x=ROW)
    assert answers(path, ROW)[0].tolist() == [[6, -1, 10]]


def test_a_program_is_written_with_the_models_names(tmp_path):
    nodes = [node("z", "Mul", "x", "w"), node("y", "Neg", "z")]
    path = write(tmp_path, nodes, {"w": [2.0, 3, 4]}, outputs={"minus": "y:0", "times:0": "z:0"}, x=ROW)
    translation = tfjs.translate(path, tmp_path / "work")
    assert (translation.inputs, translation.outputs) == (("x",), ("minus", "times"))
    program = describe(translation.source.program)
    assert [spec.shape for spec in (*program.inputs, *program.outputs)] == [(1, 3)] * 3
    assert list(program.parameters.values()) == [(3,)]


def test_a_failure_of_the_child_is_one_sentence(tmp_path):
    path = write(tmp_path, [node("y", "Bessel", "x")], x=ROW)
    with pytest.raises(ModelFileError, match=r"model\.json cannot be converted: there is no translation for Bessel"):
        tfjs.translate(path, tmp_path / "work")
