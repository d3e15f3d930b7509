import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest

from serving_kit.clients import ModelClient, connect
from serving_kit.errors import (
    BadInput,
    DeadlineExceeded,
    Internal,
    Kind,
    NotFound,
    Overloaded,
    ServingKitError,
    Unavailable,
    Unsupported,
)
from serving_kit.types import Tensor
from tests.unit.clients.blocking import client as client_of
from tests.unit.clients.echo import METADATA, NAME, SERVERS, Echo

KINDS = ("sync", "async")
SCHEMES = ("http", "grpc", "brpc")


@pytest.fixture(params=SCHEMES)
def echo(request: pytest.FixtureRequest) -> Iterator[Echo]:
    with SERVERS[request.param]([]) as it:
        yield it


@pytest.fixture(params=("http", "grpc"))
def telling(request: pytest.FixtureRequest) -> Iterator[Echo]:
    """A server whose protocol tells of its models."""
    with SERVERS[request.param]([]) as it:
        yield it


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(echo: Echo, kind: str) -> Iterator[ModelClient]:
    with client_of(kind, echo.url) as it:
        yield it


@pytest.mark.parametrize("dtype", ["float32", "int64", "int32", "float64", "uint8", "int8", "bool", "float16"])
def test_arrays_come_back_with_dtype_and_shape(client: ModelClient, dtype: str) -> None:
    array = np.arange(6).reshape(2, 3).astype(dtype)
    answer = client.predict({"x": array})
    assert list(answer) == ["x"]
    assert answer["x"].dtype == dtype
    np.testing.assert_array_equal(answer["x"], array)
    answer["x"][0] = 1  # it is the caller's own


def test_strings_travel_as_bytes(client: ModelClient) -> None:
    assert client.predict({"text": ["你好", b"b\0"]})["text"].tolist() == ["你好".encode(), b"b\0"]
    assert client.predict({"text": np.asarray(["你好"])})["text"].tolist() == ["你好".encode()]


def test_bfloat16_comes_back_as_float32(kind: str) -> None:
    with SERVERS["brpc"]([]) as echo, client_of(kind, echo.url) as client:
        answer = client.predict({"half": np.asarray([0x3F80, 0xBF80], np.uint16)})["half"]
    assert answer.dtype == np.float32
    assert answer.tolist() == [1, -1]


def test_floats_become_bfloat16_where_the_model_wants_it(telling: Echo, kind: str) -> None:
    with client_of(kind, telling.url) as client:
        for given in (
            [1.0 + 2**-9, 3],
            np.asarray([1.0 + 2**-9, 3], np.float32),
            np.asarray([0x3F80, 0x4040], np.uint16),
        ):
            answer = client.predict({"half": given})["half"]
            assert answer.dtype == np.float32
            assert answer.tolist() == [1, 3]


def test_a_level_of_detail_travels_both_ways(client: ModelClient) -> None:
    answer = client.predict({"words": np.zeros((8, 1), np.int64), "words.lod": [0, 3, 8]})
    assert answer["words.lod"].tolist() == [0, 3, 8]
    same = client.predict({"words": Tensor(np.zeros((8, 1), np.int64), (0, 3, 8))})
    assert same["words.lod"].tolist() == [0, 3, 8]


def test_lists_of_unknown_names_are_float32_and_int64(client: ModelClient) -> None:
    answer = client.predict({"a": [[1.5]], "b": [2], "c": [True]})
    assert [array.dtype for array in answer.values()] == [np.float32, np.int64, np.bool_]


def test_a_list_takes_the_dtype_the_model_wants(telling: Echo, kind: str) -> None:
    with client_of(kind, telling.url) as client:
        answer = client.predict({"scale": [1, 2], "words": [[3.0]]})
    assert [array.dtype for array in answer.values()] == [np.float32, np.int64]


@pytest.mark.parametrize("fetch", ["y", ["y"], ("y",)])
def test_fetch_names_the_outputs_wanted(client: ModelClient, fetch: str | list[str] | tuple[str, ...]) -> None:
    assert list(client.predict({"x": np.zeros(1, int), "y": np.ones(1, int)}, fetch=fetch)) == ["y"]


@pytest.mark.parametrize(
    ("feeds", "said"),
    [
        ({"words": [1.5]}, "feed 'words' holds values that int64 cannot"),
        ({"scale": ["high"]}, "feed 'scale' must hold FP32 values"),
        ({"text": [1]}, "feed 'text' must hold text"),
        ({"scale": [[1], [2, 3]]}, "feed 'scale' cannot become an array"),
    ],
)
def test_a_list_the_model_cannot_take_is_refused_before_it_is_sent(
    telling: Echo, kind: str, feeds: dict[str, list[object]], said: str
) -> None:
    with client_of(kind, telling.url) as client, pytest.raises(BadInput, match=said):
        client.predict(feeds)
    assert not telling.inferences


def test_a_ragged_list_is_refused_by_every_protocol(client: ModelClient) -> None:
    with pytest.raises(BadInput, match="feed 'x' cannot become an array"):
        client.predict({"x": [[1], [2, 3]]})


def test_metadata_models_and_readiness_are_the_servers(telling: Echo, kind: str) -> None:
    with client_of(kind, telling.url) as client:
        assert client.metadata() == METADATA
        assert client.models() == [NAME]
        assert client.is_ready()
        client.wait_ready()


def test_brpc_tells_nothing_of_models_but_whether_it_listens(kind: str) -> None:
    with SERVERS["brpc"]([]) as echo, client_of(kind, echo.url) as client:
        for ask in (client.metadata, client.models):
            with pytest.raises(Unsupported, match="connect to the same port with http://"):
                ask()
        assert client.is_ready()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_where_nobody_listens_nothing_is_ready_and_a_call_is_unavailable(kind: str, scheme: str, nowhere: str) -> None:
    with client_of(kind, f"{scheme}://{nowhere}", model="m", retries=1) as client:
        assert not client.is_ready()
        with pytest.raises(Unavailable, match=f"no server answers at .*{nowhere}"):
            client.predict({"x": np.zeros(1, int)})
        with pytest.raises(DeadlineExceeded, match="was not ready within 0 s"):
            client.wait_ready(timeout_s=0)


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (Kind.BAD_INPUT, BadInput),
        (Kind.NOT_FOUND, NotFound),
        (Kind.OVERLOADED, Overloaded),
        (Kind.INTERNAL, Internal),
        (Kind.DEADLINE, DeadlineExceeded),
    ],
)
def test_an_error_keeps_its_kind_and_sentence_and_is_not_tried_again(
    echo: Echo, client: ModelClient, told: Kind, error: type[ServingKitError]
) -> None:
    echo.failures.append(told)
    with pytest.raises(error, match=f"^it is {told}$") as caught:
        client.predict({"x": np.zeros(1, int)})
    assert type(caught.value) is error
    assert echo.inferences == 1


def test_a_server_that_takes_nothing_now_is_asked_again(echo: Echo, client: ModelClient) -> None:
    echo.failures += [Kind.UNAVAILABLE, Kind.UNAVAILABLE]
    assert list(client.predict({"x": np.zeros(1, int)})) == ["x"]
    assert echo.inferences == 3
    echo.failures += [Kind.UNAVAILABLE] * 3
    with pytest.raises(Unavailable, match="it is unavailable"):
        client.predict({"x": np.zeros(1, int)})
    assert echo.inferences == 6


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_silent_server_is_a_deadline_of_the_call_or_of_the_client(kind: str, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}"
        with client_of(kind, url, model="m", timeout_s=0.1) as client:
            for options, said in (({}, r"0\.1 s"), ({"timeout_s": 0.05}, r"0\.05 s")):
                with pytest.raises(DeadlineExceeded, match=f"did not answer within {said}"):
                    client.predict({"x": np.zeros(1, int)}, **options)


@pytest.mark.parametrize("scheme", ["http", "brpc"])
def test_a_connection_lost_after_the_request_is_unavailable_and_not_repeated(kind: str, scheme: str) -> None:
    accepted: list[int] = []

    def hang_up(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                accepted.append(len(connection.recv(1 << 16)))
                connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=hang_up, args=(listener,))
        thread.start()
        url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        with client_of(kind, url, model="m") as client, pytest.raises(Unavailable, match="broke the connection"):
            client.predict({"x": np.zeros(1, int)})
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert len(accepted) == 1


def test_the_only_model_is_found_once() -> None:
    with SERVERS["http"]([]) as echo, connect(echo.url) as client:
        assert repr(client) == f"ModelClient({echo.url!r}, model=None)"
        for _ in range(2):
            client.predict({"x": np.zeros(1, int)})
        assert [asked.path for asked in echo.server.asked[:2]] == ["/v2/models", f"/v2/models/{NAME}/infer"]
        assert len(echo.server.asked) == 3
        assert client.model == NAME
        assert repr(client) == f"ModelClient({echo.url!r}, model={NAME!r})"


def test_what_a_model_wants_is_asked_once_and_only_where_it_matters() -> None:
    with SERVERS["http"]([]) as echo, connect(echo.url, model=NAME) as client:
        for _ in range(2):
            client.predict({"x": np.zeros(1, np.float32)})
        assert [asked.path for asked in echo.server.asked].count(f"/v2/models/{NAME}") == 1


def test_threads_share_a_client(echo: Echo) -> None:
    def ask(number: int) -> bool:
        return bool((client.predict({"x": np.full((1, 100), number)})["x"] == number).all())

    with connect(echo.url) as client, ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(64)))


def test_an_address_of_no_protocol_is_refused_with_those_there_are(kind: str) -> None:
    for url in ("127.0.0.1:9393", "ftp://127.0.0.1", "grpc://", "nonsense"):
        with pytest.raises(BadInput, match=r"write it like http://127\.0\.0\.1:9393, grpc://"):
            client_of(kind, url)
