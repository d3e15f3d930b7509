from typing import Any

import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.pipeline.ends import ChannelData, ChannelDataType, RequestOp, ResponseOp


@pytest.mark.parametrize(
    ("value", "datatype", "key", "printed"),
    [
        ({"a": "text"}, ChannelDataType.DICT, ["a"], ["text"]),
        ({"a": np.ones((1, 1), np.float32)}, ChannelDataType.CHANNEL_NPDATA, ["a"], ["array([[1.]], dtype=float32)"]),
        ({"boxes": ["cat 0.9", "dog"]}, ChannelDataType.CHANNEL_NPDATA, ["boxes"], ["['cat 0.9', 'dog']"]),
        ({"boxes": [], "n": np.zeros(1)}, ChannelDataType.CHANNEL_NPDATA, ["boxes", "n"], ["[]", "array([0.])"]),
    ],
)
def test_text_goes_as_it_is_and_arrays_and_lists_of_text_as_their_repr(
    value: dict[str, Any], datatype: ChannelDataType, key: list[str], printed: list[str]
) -> None:
    outcome = ChannelData(value, None, 3, 7)
    packed = ResponseOp(input_ops=[RequestOp()]).pack_response_package(outcome)
    assert (outcome.datatype, outcome.error_code, outcome.parse()) == (datatype.value, 0, value)
    assert (packed.err_no, list(packed.key), list(packed.value)) == (0, key, printed)


@pytest.mark.parametrize("value", [{"a": 1}, {"a": [1, 2]}, {"a": "text", "b": np.ones(1)}, {"a": ["x", 1]}])
def test_what_is_neither_is_an_error_that_names_it(value: dict[str, Any]) -> None:
    packed = ResponseOp(input_ops=[RequestOp()]).pack_response_package(ChannelData(value, None, 3, 7))
    assert packed.err_no == 7000
    assert "fetch var type must be str" in packed.err_msg


def test_an_error_is_told_by_its_number() -> None:
    outcome = ChannelData(None, BadInput("no such key"), 3, 7)
    assert outcome.datatype == ChannelDataType.ERROR.value
    assert (outcome.error_code, outcome.error_info) == (5000, "no such key")
