"""Both clients, and the measurement, against the real house-price model in a real server."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import serving_kit
import zoo
from serving_kit.bench import measure, read, record
from serving_kit.errors import BadInput, NotFound

pytestmark = pytest.mark.integration

PRICE = 18.901152
HOUSE = np.asarray(
    [0.0137, -0.1136, 0.2553, -0.0692, 0.0582, -0.0727, -0.1583, -0.0584, 0.6283, 0.4919, 0.1856, 0.0795, -0.0332],
    np.float32,
)


@pytest.fixture(scope="module")
def model_dir() -> Path:
    card = zoo.load("uci-housing")
    return zoo.convert(card, zoo.fetch(card))


@pytest.fixture(scope="module")
def server(model_dir: Path) -> Iterator[serving_kit.Server]:
    with serving_kit.start(model_dir) as server:
        yield server


@pytest.fixture
def client(server: serving_kit.Server) -> Iterator[serving_kit.ModelClient]:
    with serving_kit.connect(server.url) as client:
        yield client


@pytest.fixture
def http_client(server: serving_kit.Server, model_dir: Path) -> Iterator[serving_kit.HttpClient]:
    client = serving_kit.HttpClient()
    client.load_client_config(str(model_dir / "serving_client"))
    client.set_http_proto(False)
    client.connect(f"127.0.0.1:{server.port}")
    yield client
    client.close()


@pytest.mark.parametrize("houses", [HOUSE[None], HOUSE[None].astype(np.float64), [HOUSE.tolist()]])
def test_the_price_is_right_whatever_holds_the_numbers(client: serving_kit.ModelClient, houses: object) -> None:
    answer = client.predict({"x": houses}, fetch=["price"])
    assert list(answer) == ["price"]
    assert answer["price"].shape == (1, 1)
    assert answer["price"].dtype == np.float32
    assert float(answer["price"][0, 0]) == pytest.approx(PRICE, abs=1e-4)


def test_a_batch_has_one_price_a_house(client: serving_kit.ModelClient) -> None:
    prices = client.predict({"x": np.repeat(HOUSE[None], 5, axis=0)})["price"]
    np.testing.assert_allclose(prices, np.full((5, 1), PRICE), atol=1e-4)


def test_the_metadata_says_where_the_weights_are_from(client: serving_kit.ModelClient) -> None:
    metadata = client.metadata()
    assert metadata["name"] == client.model == "uci-housing"
    assert metadata["parameters"]["provenance"] == "registry"
    assert client.is_ready()


@pytest.mark.parametrize(
    ("feeds", "fetch"),
    [({"x": HOUSE[None, :5]}, None), ({"y": HOUSE[None]}, None), ({}, None), ({"x": HOUSE[None]}, "prize")],
)
def test_bad_input_is_named_and_the_server_goes_on(
    client: serving_kit.ModelClient, feeds: dict[str, np.ndarray], fetch: str | None
) -> None:
    with pytest.raises(BadInput, match=r"put '(x|y|prize)'"):
        client.predict(feeds, fetch)
    assert client.predict({"x": HOUSE[None]})["price"].shape == (1, 1)


def test_a_model_that_is_not_there_is_not_found(server: serving_kit.Server) -> None:
    with serving_kit.connect(server.url, model="nope") as client, pytest.raises(NotFound, match="uci-housing"):
        client.metadata()


@pytest.mark.parametrize("feed", [{"x": HOUSE}, {"x": HOUSE.tolist()}, HOUSE.tolist()])
@pytest.mark.parametrize("is_compressed", [False, True])
def test_paddle_servings_client_gets_paddle_servings_answer(
    http_client: serving_kit.HttpClient, feed: object, is_compressed: bool
) -> None:
    http_client.set_request_compress(is_compressed)
    http_client.set_response_compress(is_compressed)
    answer = http_client.predict(feed=feed, fetch=["price"])
    assert answer is not None
    (tensor,) = answer["outputs"][0]["tensor"]
    assert tensor["float_data"] == [pytest.approx(PRICE, abs=1e-4)]
    assert (tensor["shape"], tensor["elem_type"], tensor["alias_name"]) == ([1, 1], 1, "price")


def test_large_bodies_travel_compressed(http_client: serving_kit.HttpClient) -> None:
    http_client.set_request_compress(True)
    http_client.set_response_compress(True)
    answer = http_client.predict(feed={"x": np.repeat(HOUSE[None], 100, axis=0)}, batch=True)
    assert answer is not None
    assert len(answer["outputs"][0]["tensor"][0]["float_data"]) == 100


def test_a_refusal_is_printed_with_the_servers_sentence(
    http_client: serving_kit.HttpClient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert http_client.predict(feed={"x": HOUSE[:5]}) is None
    assert "'x'" in capsys.readouterr().out


def test_a_measurement_is_a_row_that_can_be_kept(client: serving_kit.ModelClient, tmp_path: Path) -> None:
    row = measure(client, {"x": HOUSE[None]}, requests=40, concurrency=4, warmup=2)
    assert (row.slug, row.provenance, row.errors) == ("uci-housing", "registry", 0)
    assert row.engine.startswith("paddle")
    record(row, tmp_path / "rows.jsonl")
    assert read(tmp_path / "rows.jsonl") == [row]
