import pytest

from serving_kit.convert.tfjs import attribute


def test_every_kind_of_value_is_read():
    encoded = {
        "padding": {"s": "U0FNRQ=="},
        "axis": {"i": "-1"},
        "alpha": {"f": 0.25},
        "keep": {"b": False},
        "T": {"type": "DT_INT64"},
        "U": {"type": 10},
        "shape": {"shape": {"dim": [{"size": "-1"}, {"size": "3"}]}},
        "strides": {"list": {"i": ["1", "2"]}},
        "fused": {"list": {"s": ["UmVsdQ=="]}},
        "none": {"list": {}},
        "value": {"tensor": {"dtype": "DT_FLOAT"}},
    }
    assert attribute.decode(encoded) == {
        "padding": "SAME",
        "axis": -1,
        "alpha": 0.25,
        "keep": False,
        "T": "int32",  # TensorFlow.js has no longer whole numbers
        "U": "bool",
        "shape": (-1, 3),
        "strides": (1, 2),
        "fused": ("Relu",),
        "none": (),
    }


@pytest.mark.parametrize(
    ("kind", "name"), [("DT_FLOAT", "float32"), (3, "int32"), ("DT_STRING", "DT_STRING"), (7, "7")]
)
def test_a_type_has_numpys_name_where_there_is_one(kind, name):
    assert attribute.element(kind) == name


def test_a_shape_that_says_nothing_has_no_axes():
    assert attribute.dims({}) == ()
    assert attribute.dims({"dim": [{}, {"size": "2"}]}) == (-1, 2)
