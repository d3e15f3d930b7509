import socket
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from serving_kit.clients.pipeline_call import WrongFeed, own_address, question
from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.codecs.pipeline_message import decode_request
from serving_kit.errors import BadInput


@pytest.fixture
def no_address_kept() -> Iterator[None]:
    own_address.cache_clear()
    yield
    own_address.cache_clear()


def test_lists_are_arrays_and_no_element_is_left_out() -> None:
    before = np.get_printoptions()
    values = decode_request(question({"x": [1, 2], "y": ["a", "b"], "z": np.zeros(2000)})).values
    assert values["x"] == "array([1, 2])"
    assert values["y"] == "array(['a', 'b'], dtype='<U1')"
    assert values["z"].count("0.") == 2000
    assert np.get_printoptions() == before


def test_bytes_are_for_tensors_only() -> None:
    values = decode_request(question({"x": np.ones(1)}, as_bytes=True)).values
    assert values == {"x": "array([1.])"}
    message = pb.Request.FromString(question({"x": np.ones(1)}, as_tensors=True, as_bytes=True))
    assert [(tensor.name, tensor.elem_type) for tensor in message.tensors] == [("x", 13)]


def test_what_belongs_to_the_request_is_none_of_its_values() -> None:
    feed = {"x": "1", "logid": "12", "clientip": "10.0.0.1"}
    request = decode_request(question(feed))
    assert (request.values, request.log_id, request.client_ip) == ({"x": "1"}, 12, "10.0.0.1")
    assert decode_request(question(feed, log_id=7)).log_id == 7
    assert set(feed) == {"x", "logid", "clientip"}, "the caller's feed is left as it was"


@pytest.mark.usefixtures("no_address_kept")
def test_a_client_is_known_by_its_hosts_address_where_it_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostbyname", lambda _: "10.1.2.3")
    assert decode_request(question({})).client_ip == "10.1.2.3"
    own_address.cache_clear()

    def unknown(_: str) -> str:
        raise socket.gaierror

    monkeypatch.setattr(socket, "gethostbyname", unknown)
    assert decode_request(question({})).client_ip == ""


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        (["x"], "feed must be dict type .*, not list"),
        ({"x": 1}, "feed 'x' is int; only str, list and np.ndarray are sent"),
        ({"x": b"raw"}, "feed 'x' is bytes; only"),
        ({"x": [[1], [1, 2]]}, "feed 'x' cannot become an array"),
        ({"logid": "seven"}, "cannot be sent: invalid literal"),
        ({"logid": sys.maxsize + 1}, "cannot be sent: .*out of range"),
        ({"x": "\ud800"}, "cannot be sent: .*surrogates"),
    ],
)
def test_what_cannot_be_sent_is_named(feed: object, said: str) -> None:
    with pytest.raises(WrongFeed, match=said) as caught:
        question(feed)  # type: ignore[arg-type]
    assert isinstance(caught.value, TypeError)


def test_tensors_of_a_type_that_does_not_travel_are_named() -> None:
    with pytest.raises(BadInput, match="'x' of complex64 cannot travel"):
        question({"x": np.ones(1, np.complex64)}, as_tensors=True)
    with pytest.raises(WrongFeed, match="cannot be sent"):
        question({"x": np.array([{}])}, as_tensors=True, as_bytes=True)
