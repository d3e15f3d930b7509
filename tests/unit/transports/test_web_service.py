import numpy as np
import orjson
import pytest

from serving_kit.types import ElementType, Tensor, TensorSpec
from tests.unit.served import EchoEngine, FakeEngine, LinearEngine, serve
from tests.unit.transports.asking import ROW, Asked

FEED = {"feed": [{"x": ROW}], "fetch": ["price"]}


def test_the_old_quick_start_is_answered_under_any_name() -> None:
    for path in ("/uci/prediction", "/uci_housing/prediction"):
        answer = Asked().post(path, orjson.dumps(FEED), {"content-type": "application/json"})
        assert (answer.status_code, answer.content) == (200, b'{"result":{"price":[[6.5]]}}')


def test_with_several_models_the_name_says_which() -> None:
    asked = Asked(serve(LinearEngine()), serve(EchoEngine(), "lac"))
    assert asked.post("/uci_housing/prediction", orjson.dumps(FEED)).status_code == 200
    assert asked.post("/uci/prediction", orjson.dumps(FEED)).status_code == 404


def test_instances_are_stacked_by_alias_or_name() -> None:
    feed = {"feed": [{"features": ROW}, {"x": [ROW]}], "fetch": ["price"]}
    assert Asked().post("/uci/prediction", orjson.dumps(feed)).json() == {"result": {"price": [[6.5], [6.5]]}}
    single = {"feed": {"x": ROW}, "fetch": ["price"]}
    assert Asked().post("/uci/prediction", orjson.dumps(single)).json() == {"result": {"price": [[6.5]]}}


def test_instances_of_different_length_are_packed_with_offsets() -> None:
    feed = {"feed": [{"words": [1, 2]}, {"words": [3]}, {"words": 4}], "fetch": ["tags"]}
    answer = Asked(serve(EchoEngine(), "lac")).post("/lac/prediction", orjson.dumps(feed))
    assert answer.json() == {"result": {"tags": [[1], [2], [3], [4]], "tags.lod": [0, 2, 3, 4]}}


def test_tensors_are_taken_here_too() -> None:
    tensor = {"float_data": ROW, "elem_type": 1, "shape": [1, 13]}
    answer = Asked().post("/uci/prediction", orjson.dumps({"tensor": [tensor]}))
    assert answer.json()["outputs"][0]["tensor"][0]["float_data"] == [6.5]


class OddEngine(FakeEngine):
    """Answers what JSON has no literal for."""

    def __init__(self) -> None:
        wide = TensorSpec("x", "x", ElementType.FP32, (-1, -1))
        super().__init__((wide,), (TensorSpec("y", "y", ElementType.FP32, (-1, -1)),))

    def run(self, feeds: dict[str, Tensor]) -> dict[str, Tensor]:  # type: ignore[override]
        return {"y": Tensor(np.float32([[np.nan, -np.inf, 0.5]]))}


def test_odd_floats_are_written_by_name_and_odd_shapes_need_one_size() -> None:
    asked = Asked(serve(OddEngine()))
    good = asked.post("/m/prediction", b'{"feed":[{"x":[1,2]}],"fetch":["y"]}')
    assert good.json() == {"result": {"y": [["NaN", "-Infinity", 0.5]]}}
    ragged = asked.post("/m/prediction", b'{"feed":[{"x":[1,2]},{"x":[1]}],"fetch":["y"]}')
    assert (ragged.status_code, "differs in shape" in ragged.json()["result"]) == (400, True)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"feed": FEED["feed"]}, '"fetch" must be an array'),
        ({**FEED, "fetch": []}, '"fetch" must be an array'),
        ({**FEED, "fetch": "price"}, '"fetch" must be an array'),
        ({**FEED, "fetch": ["cost"]}, "output 'cost' is unknown"),
        ({**FEED, "feed": []}, '"feed" is empty; send at least one instance'),
        ({**FEED, "feed": 3}, '"feed" must be an array of objects, one an instance, not a number'),
        ({**FEED, "feed": [{}]}, "input 'features' of instance 0 is missing"),
        ({**FEED, "feed": [{"x": ROW, "y": 1}]}, "input 'y' is unknown"),
        ({**FEED, "feed": [{"x": ROW}, {"x": [1]}]}, "instance 1 holds 1 values, which do not fill [13]"),
        ({**FEED, "feed": [{"x": ["a"]}]}, "input 'features' of instance 0: value 0 must be a number"),
        ({**FEED, "feed": [{"x": ["NaN"] * 13}]}, "holds NaN"),
        ([], "must be a JSON object"),
    ],
)
def test_bad_input_is_explained_in_the_result(document: object, said: str) -> None:
    answer = Asked().post("/uci/prediction", orjson.dumps(document))
    assert answer.status_code == 400
    assert said in answer.json()["result"]
