"""Requests as Paddle Serving's native client wrote them, recorded byte by byte, where it cannot run itself."""

import gzip
import json
import socket
import struct
from pathlib import Path

import numpy as np
import pytest

from serving_kit.codecs.baidu_rpc_meta_pb2 import RpcMeta
from serving_kit.codecs.general_model_service_pb2 import Response, Tensor
from serving_kit.process import Server

pytestmark = pytest.mark.integration

FRAMES = {
    name: bytes.fromhex(frame)
    for name, frame in json.loads((Path(__file__).parent / "native_frames.json").read_text()).items()
}
MODELS = {"every_type": "plain_mirror", "sequences": "words", "a_text": "text"}
GZIP = 2
TIMEOUT_S = 30


def _send(server: Server, *frames: bytes) -> list[tuple[RpcMeta, bytes]]:
    """Send frames on one connection, and return the meta and the payload of as many answers."""
    with socket.create_connection(("127.0.0.1", server.port), TIMEOUT_S) as connection:
        connection.sendall(b"".join(frames))
        reader = connection.makefile("rb")
        return [_read(reader.read) for _ in frames]


def _read(read: object) -> tuple[RpcMeta, bytes]:
    assert callable(read)
    magic, body_size, meta_size = struct.unpack(">4sII", read(12))
    assert magic == b"PRPC"
    meta = RpcMeta.FromString(read(meta_size))
    payload = read(body_size - meta_size)
    return meta, gzip.decompress(payload) if meta.compress_type == GZIP else payload


def _outputs(single: dict[str, Server], name: str) -> dict[str, Tensor]:
    """Return what the client looks up in an answer: tensors by their alias."""
    ((meta, payload),) = _send(single[MODELS.get(name, "adder")], FRAMES[name])
    asked = RpcMeta.FromString(FRAMES[name][12 : 12 + struct.unpack(">I", FRAMES[name][8:12])[0]])
    assert meta.correlation_id == asked.correlation_id
    assert (meta.response.error_code, meta.compress_type in (0, GZIP)) == (0, True)
    (output,) = Response.FromString(payload).outputs
    return {tensor.alias_name: tensor for tensor in output.tensor}


@pytest.mark.parametrize(("name", "totals"), [("a_batch", [7, 16]), ("one_instance", [7]), ("no_fetch_list", [7, 16])])
def test_the_values_are_where_the_client_looks(single: dict[str, Server], name: str, totals: list[int]) -> None:
    outputs = _outputs(single, name)
    assert list(outputs) == ["total"]
    assert outputs["total"].float_data == totals
    assert outputs["total"].shape == [len(totals), 1]


def test_raw_types_travel_as_bytes_with_the_batch_axis_added(single: dict[str, Server]) -> None:
    outputs = _outputs(single, "every_type")
    assert outputs["same_int64"].int64_data == [-(2**63), 2**63 - 1]
    assert outputs["same_int32"].int_data == [-(2**31), 2**31 - 1]
    assert outputs["same_fp32"].float_data == [1.5, -2.5]
    assert outputs["same_fp16"].tensor_content == np.array([0.5, 1], np.float16).tobytes()
    assert outputs["same_uint8"].tensor_content == bytes([0, 127])
    assert outputs["same_int8"].tensor_content == bytes([1, 127])
    assert all(output.shape == [1, 2] for output in outputs.values())


def test_sequences_keep_their_offsets(single: dict[str, Server]) -> None:
    (same,) = _outputs(single, "sequences").values()
    assert same.int64_data == list(range(6))
    assert same.shape == [3, 2]
    assert same.lod == [0, 1, 3]


def test_a_text_arrives_with_a_zero_byte_at_its_end(single: dict[str, Server]) -> None:
    assert _outputs(single, "a_text")["same_text"].tensor_content == "aé\0".encode()


def test_a_refusal_stands_in_the_meta_where_the_client_reads_it(single: dict[str, Server]) -> None:
    ((meta, _),) = _send(single["adder"], FRAMES["wrong_shape"])
    assert meta.response.error_code == 1003
    assert "input 'x' must have shape [-1, 3] (-1: any), got [2, 2]" in meta.response.error_text


def test_a_connection_serves_on_after_a_refusal(single: dict[str, Server]) -> None:
    answers = _send(single["adder"], FRAMES["wrong_shape"], FRAMES["a_batch"], FRAMES["wrong_shape"])
    assert sorted(meta.response.error_code for meta, _ in answers) == [0, 1003, 1003]
