"""Web services of before the pipeline, as Paddle Serving's examples have them, run unchanged against real models."""

import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import httpx
import numpy as np
import pytest

import serving_kit
import zoo
from serving_kit.runtime.framework import paddle
from serving_kit.types import ElementType
from tests.integration.compat.conftest import SCRIPTS, Run, Serving
from tests.unit.tiny_models import build_program, with_prototxt, write_program

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("users_cache")]

Ask: TypeAlias = Callable[..., Any]
NUMBERS = list(range(13))


@pytest.fixture
def ask(run: Run, free_port: int) -> Ask:
    """Ask with the script of a client of old; the status and the document."""

    def ask(service: str, feed: Any, fetch: Any) -> tuple[int, Any]:
        done = run("web_service_client.py", free_port, service, input=json.dumps([feed, fetch]))
        assert (done.returncode, done.stderr) == (0, "")
        status, _, document = done.stdout.partition(" ")
        return int(status), json.loads(document)

    return ask


def listens(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/", timeout=60)
    except httpx.HTTPError:
        return False
    return True


def real(name: str) -> Path:
    card = zoo.load(name)
    return zoo.convert(card, zoo.fetch(card)) / "serving_server"


@pytest.fixture(scope="session")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of packed sequences: `prediction` is the mean of the ids in `words`."""
    names = {
        "words": (ElementType.INT64, (-1, 1), True),
        "numbers": (ElementType.FP32, (-1, 1), True),
        "prediction": (ElementType.FP32, (-1, 1), False),
    }
    operations = [
        ("cast", {"X": "words"}, {"Out": "numbers"}, {"in_dtype": 3, "out_dtype": 5}),
        ("sequence_pool", {"X": "numbers"}, {"Out": "prediction"}, {}),
    ]
    paddle()  # before anybody else imports it
    program = build_program(names, operations, feeds=["words"], fetches=["prediction"])
    return with_prototxt(write_program(tmp_path_factory.mktemp("imdb") / "__model__", program))


@pytest.mark.parametrize("service", ["rpc", "debugger"])
def test_house_prices(service: str, ask: Ask, serving: Serving, uci: Path, free_port: int) -> None:
    with serving("web_service_uci.py", uci / "uci_model", service, free_port):
        assert ask("uci", [{"x": NUMBERS}, {"x": [1] * 13}], ["price"]) == (
            200,
            {"result": {"price": [[78.0], [13.0]]}},
        )
        short = ask("uci", [{"x": [1, 2]}], ["price"])
        lacking = ask("uci", [{"y": NUMBERS}], ["price"])
        other = ask("bert", [{"x": NUMBERS}], ["price"])
        answer = httpx.post(
            f"http://127.0.0.1:{free_port}/uci/prediction", json={"feed": [{"x": NUMBERS}], "fetch": ["price"]}
        )
        with serving_kit.connect(f"grpc://127.0.0.1:{free_port}") as client:
            plain = client.predict({"x": np.array([NUMBERS], np.float32)})
    assert short == (400, {"result": "cannot reshape array of size 2 into shape (1,1,13)"})
    assert lacking == (500, {"result": "preprocess failed on this request: KeyError: 'x'"})
    assert other == (404, {"result": "there is no service 'bert' here; ask /uci/prediction"})
    assert (answer.content, answer.headers["content-type"]) == (b'{"result":{"price":[[78.0]]}}\n', "application/json")
    assert plain["price"].tolist() == [[78.0]]


def test_what_is_in_a_photo(ask: Ask, serving: Serving, free_port: int) -> None:
    model = real("mobilenetv2-imagenet")
    photo = zoo.sample("espresso")
    png = base64.b64encode(cv2.imencode(".png", np.asarray(photo)[..., ::-1])[1].tobytes()).decode()
    with serving("web_service_image.py", model, "cpu", "workdir", model / "labels.txt", free_port):
        status, document = ask("image", [{"image": png}] * 2, ["score"])
        refused = ask("image", [{"image": "bm8gcGljdHVyZQ=="}], ["score"])
        empty = ask("image", [{}], ["score"])
    assert status == 200
    assert document["result"]["label"] == ["espresso"] * 2
    assert min(document["result"]["prob"]) > 0.8
    assert refused[0] == 400
    assert "is no image that OpenCV reads" in refused[1]["result"]
    assert empty == (400, {"result": "feed data error!"})


def test_words_of_chinese_sentences(ask: Ask, serving: Serving, free_port: int) -> None:
    sentences = [{"words": "我爱北京天安门"}, {"words": "王小明在上海工作"}]
    with serving("web_service_lac.py", real("lac"), "workdir", free_port):
        status, document = ask("lac", sentences, ["crf_decode"])
        wrong = ask("lac", [{"sentence": "我"}], ["crf_decode"])
    assert (status, document) == (
        200,
        {"result": [{"word_seg": "我|爱|北京天安门"}, {"word_seg": "王小明|在|上海|工作"}]},
    )
    assert wrong[0] == 500
    assert wrong[1]["result"].startswith("preprocess failed on this request: TypeError: ")


def test_film_reviews(ask: Ask, serving: Serving, reviews: Path, tmp_path: Path, free_port: int) -> None:
    (tmp_path / "imdb.vocab").write_text("i\nam\nvery\nsad\n", encoding="utf-8")
    with serving("web_service_imdb.py", reviews, "workdir", tmp_path / "imdb.vocab", free_port):
        both = ask("imdb", [{"words": "I am very sad"}, {"words": "very sad sad"}], ["prediction"])
        none = ask("imdb", [], ["prediction"])
    assert both == (200, {"result": {"prediction": [[1.5], [pytest.approx(8 / 3)]]}})
    assert none[0] == 400


def test_an_application_for_other_servers(ask: Ask, uci: Path, free_port: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "serving_kit.compat", str(SCRIPTS / "web_service_app.py")]
    with subprocess.Popen([*command, str(uci / "uci_model"), str(free_port)], cwd=tmp_path) as process:
        try:
            while process.poll() is None and not listens(free_port):
                time.sleep(0.05)
            answer = ask("uci", [{"x": NUMBERS}], ["price"])
            other = ask("bert", [{"x": NUMBERS}], ["price"])
        finally:
            process.kill()
    assert answer == (200, {"result": {"price": [[78.0]]}})
    assert other[0] == 404


def test_a_gpu_that_is_not_there_is_refused_in_one_sentence(
    run: Run, uci: Path, free_port: int, tmp_path: Path
) -> None:
    (tmp_path / "labels").write_text("one\n", encoding="utf-8")
    done = run(
        "web_service_image.py", uci / "uci_model", "gpu", "workdir", tmp_path / "labels", free_port, cwd=tmp_path
    )
    assert done.returncode == 2
    *_, last = done.stderr.splitlines()
    assert last.startswith("error: ")
