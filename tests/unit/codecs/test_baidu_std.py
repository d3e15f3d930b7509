import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving_kit.codecs.baidu_std import (
    META_LIMIT_BYTES,
    Frame,
    FrameReader,
    NotAFrame,
    encode_frame,
    request_meta,
    response_meta,
)

# The start of a request as the native client of Paddle Serving 0.9 sent it, up to the end of the meta.
NAME = b"baidu.paddle_serving.predictor.general_model.GeneralModelService"
RECORDED_META = b"\x0a\x4f\x0a\x40" + NAME + b"\x12\x09inference\x18\x00\x18\x00\x20\x82\x80\x80\x80\x20"


def read(*parts: bytes, limit_bytes: int = 1000) -> list[Frame]:
    reader = FrameReader(limit_bytes)
    return [frame for part in parts for frame in reader.feed(part)]


def test_a_request_is_written_byte_for_byte_as_the_native_client_does() -> None:
    frame = encode_frame(request_meta(NAME.decode(), "inference", 8589934594), b"x" * 77)
    assert frame == b"PRPC\0\0\0\xa6\0\0\0\x59" + RECORDED_META + b"x" * 77


def test_a_key_stands_in_the_meta() -> None:
    (frame,) = read(encode_frame(request_meta("s", "m", 1, api_key="abc"), b""))
    assert frame.meta.authentication_data == b"abc"


def test_an_attachment_stands_behind_the_payload() -> None:
    (frame,) = read(encode_frame(response_meta(5), b"payload", b"attached"))
    assert (frame.payload, frame.attachment) == (b"payload", b"attached")


def test_a_failure_has_code_and_text() -> None:
    (frame,) = read(encode_frame(response_meta(5, code=1003, text="no"), b""))
    told = frame.meta.response
    assert (told.error_code, told.error_text, frame.payload) == (1003, "no", b"")


@given(
    payloads=st.lists(st.binary(max_size=30), min_size=1, max_size=4),
    cuts=st.lists(st.integers(0, 400), max_size=6),
)
def test_frames_are_found_wherever_the_stream_is_cut(payloads: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(encode_frame(request_meta("s", "m", n), payload) for n, payload in enumerate(payloads))
    edges = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    frames = read(*(stream[a:b] for a, b in itertools.pairwise(edges)))
    assert [(frame.meta.correlation_id, frame.payload) for frame in frames] == list(enumerate(payloads))


def test_frames_come_out_of_single_bytes() -> None:
    stream = encode_frame(request_meta("s", "m", 1), b"one") + encode_frame(request_meta("s", "m", 2), b"")
    assert [frame.payload for frame in read(*(bytes([byte]) for byte in stream))] == [b"one", b""]


@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_a_frame_over_the_limit_is_passed_over_and_the_next_one_read(step: int) -> None:
    stream = encode_frame(request_meta("s", "m", 1), b"x" * 2000) + encode_frame(request_meta("s", "m", 2), b"two")
    frames = read(*(stream[at : at + step] for at in range(0, len(stream), step)))
    assert [(frame.meta.correlation_id, frame.payload) for frame in frames] == [(1, None), (2, b"two")]


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (b"GET ", "a frame begins with b'PRPC', not b'GET '"),
        (b"PRQ", "not b'PRQ'"),
        (b"PRPC\0\0\0\x01\0\0\0\x02", "a meta of 2 bytes in a body of 1 bytes"),
        (b"PRPC\x7f\0\0\0" + (META_LIMIT_BYTES + 1).to_bytes(4, "big"), "a meta of 65537 bytes"),
        (b"PRPC\0\0\0\x03\0\0\0\x03\xff\xff\xff", "the 3 bytes of the meta are no RpcMeta"),
        (b"PRPC\0\0\0\x02\0\0\0\x02\x28\x01", "attachment_size is 1, but 0 bytes came after the meta"),
    ],
)
def test_what_is_no_frame_is_said(stream: bytes, said: str) -> None:
    with pytest.raises(NotAFrame, match=said):
        read(stream)


def test_a_reader_knows_whether_it_is_within_a_frame() -> None:
    reader = FrameReader(100)
    stream = encode_frame(request_meta("s", "m", 1), b"one")
    assert not reader.is_within_frame
    assert not list(reader.feed(stream[:-1]))
    assert reader.is_within_frame
    assert list(reader.feed(stream[-1:]))
    assert not reader.is_within_frame
