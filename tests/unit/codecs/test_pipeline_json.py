import base64
import json

import pytest

from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.codecs.pipeline_json import decode_request, encode_error, encode_response
from serving_kit.errors import BadInput


def test_an_answer_is_what_the_real_gateway_prints() -> None:
    answer = pb.Response(key=["price"], value=["[[18.901152]]"])
    expected = b'{"err_no":0,"err_msg":"","key":["price"],"value":["[[18.901152]]"],"tensors":[]}'
    assert encode_response(answer) == expected


def test_text_is_escaped_as_go_escapes_it() -> None:
    answer = pb.Response(err_no=10000, err_msg="a<b>&\u2028é\u4e2d")
    written = encode_response(answer)
    assert b'"err_msg":"a\\u003cb\\u003e\\u0026\\u2028\xc3\xa9\xe4\xb8\xad"' in written
    assert json.loads(written)["err_msg"] == "a<b>&\u2028é\u4e2d"


@pytest.mark.parametrize("log_id", [7, "7"])
@pytest.mark.parametrize("names", [("elem_type", "float_data"), ("elemType", "floatData")])
def test_a_request_is_read_in_both_spellings(log_id: object, names: tuple[str, str]) -> None:
    tensor = {"name": "x", names[0]: 1, names[1]: [1.5, 2], "shape": [2]}
    body = {"key": ["a"], "value": ["b"], "logid": log_id, "clientip": "1.2.3.4", "tensors": [tensor], "odd": 1}
    read = decode_request(json.dumps(body).encode())
    assert (list(read.key), list(read.value), read.logid, read.clientip) == (["a"], ["b"], 7, "1.2.3.4")
    assert (read.tensors[0].elem_type, list(read.tensors[0].float_data)) == (1, [1.5, 2.0])


def test_bytes_travel_as_base64() -> None:
    body = {"tensors": [{"name": "x", "elem_type": 13, "byte_data": base64.b64encode(b"\x00\x01").decode()}]}
    assert decode_request(json.dumps(body).encode()).tensors[0].byte_data == b"\x00\x01"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "the body is not JSON"),
        (b"[]", "must be a JSON object, not an array"),
        (b'{"key":[1]}', "no Request of PipelineService: .*key"),
        (b'{"logid":"a"}', "no Request of PipelineService: .*logid"),
        (b'{"tensors":["AAA"]}', "no Request of PipelineService: tensors holds something that is no object"),
    ],
)
def test_a_body_that_is_no_request_is_explained(body: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        decode_request(body)


def test_an_error_of_the_gateway_has_its_four_members() -> None:
    assert encode_error("no <JSON>", 3) == (
        b'{"error":"no \\u003cJSON\\u003e","code":3,"message":"no \\u003cJSON\\u003e","details":[]}'
    )
