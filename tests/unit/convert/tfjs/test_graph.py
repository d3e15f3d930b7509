import json

import numpy as np
import pytest

from serving_kit.convert.source import Source, locate
from serving_kit.convert.tfjs import graph
from serving_kit.errors import ModelFileError
from tests.unit.tiny_tfjs import node, write

ROW = np.zeros((1, 3), np.float32)
CHAIN = [node("y", "Relu", "middle", "^x"), node("middle", "Add", "x", "w"), node("aside", "Sqrt", "x")]


def test_nodes_come_in_the_order_of_computation_and_only_those_needed(tmp_path):
    read = graph.read(write(tmp_path, CHAIN, {"w": [1.0]}, x=ROW))
    assert [one.name for one in read.nodes] == ["x", "w", "middle", "y"]
    assert read.nodes[3].inputs == ("middle",)  # what only waits for another node gives it nothing
    assert read.inputs == (graph.Port("x", "x", "float32", (1, 3)),)


def test_outputs_are_sorted_by_their_tensors_numbers_counted(tmp_path):
    nodes = [node(f"Identity_{number}", "Identity", "x") for number in (10, 2)]
    path = write(tmp_path, nodes, outputs={"ten": "Identity_10:0", "Identity_2:0": "Identity_2:0"}, x=ROW)
    assert [port.name for port in graph.read(path).outputs] == ["Identity_2", "ten"]


@pytest.mark.parametrize("place", ["userDefinedMetadata", None])
def test_a_signature_may_stand_elsewhere_or_be_missing(tmp_path, place):
    path = write(tmp_path, CHAIN[:2], {"w": [1.0]}, outputs={"sum": "y:0"}, x=ROW)
    document = json.loads(path.read_text())
    signature = document.pop("signature")
    path.write_text(json.dumps(document | ({place: {"signature": signature}} if place else {})))
    assert [port.name for port in graph.read(path).outputs] == ["sum" if place else "y"]


def test_an_input_bears_the_signatures_name_and_shape(tmp_path):
    path = write(tmp_path, CHAIN[:2], {"w": [1.0]}, x=ROW)
    document = json.loads(path.read_text())
    shape = {"dim": [{"size": "-1"}, {"size": "3"}]}
    document["signature"]["inputs"] = {"row": {"name": "x:0", "dtype": "DT_INT32", "tensorShape": shape}}
    path.write_text(json.dumps(document))
    assert graph.read(path).inputs == (graph.Port("row", "x", "int32", (-1, 3)),)


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda text: text[:-9], "is no whole TensorFlow.js graph model"),
        (lambda text: text.replace('"y:0"', '"z:0"'), "is no whole TensorFlow.js graph model"),
        (lambda text: text.replace("model.bin", "other.bin"), "other.bin cannot be read"),
        (lambda text: text.replace("Placeholder", "VarHandleOp"), "without inputs or outputs"),
    ],
)
def test_a_damaged_model_is_refused_in_one_sentence(tmp_path, damage, complaint):
    path = write(tmp_path, CHAIN, {"w": [1.0]}, x=ROW)
    path.write_text(damage(path.read_text()))
    with pytest.raises(ModelFileError, match=complaint):
        graph.read(path)


def test_its_format_is_told_by_its_content(tmp_path):
    path = write(tmp_path, CHAIN, {"w": [1.0]}, x=ROW)
    assert locate(path) == locate(tmp_path) == locate(path, "tfjs") == Source("tfjs", path, None)


def test_shards_are_those_of_the_manifest(tmp_path):
    assert graph.shards(write(tmp_path, CHAIN, {"w": [1.0]}, x=ROW)) == ("model.bin",)
    (tmp_path / "other.json").write_text("[]")
    assert graph.shards(tmp_path / "other.json") == ()
