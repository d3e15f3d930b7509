"""Scripts in the style of Paddle Serving's own examples, run unchanged against real servers and models."""

import signal
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from serving_kit.process import Server, start
from tests.integration.compat.conftest import Run, Serving
from tests.linear import write_linear

pytestmark = pytest.mark.integration


@pytest.fixture(scope="session")
def discount(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model directory: `reduced` is what stands in `full`, less 20."""
    return write_linear(tmp_path_factory.mktemp("models") / "discount", 1, feed="full", fetch="reduced", bias=-20.0)


def address(server: Server) -> str:
    return f"127.0.0.1:{server.port}"


def test_the_brpc_client_of_the_quick_start(run: Run, uci: Path, server: Server) -> None:
    done = run("uci_client.py", uci / "uci_client" / "serving_client_conf.prototxt", address(server))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "{'price': array([[78.]], dtype=float32)}",
        "{'price': array([[91.]], dtype=float32)}",
        "{'price': array([[104.]], dtype=float32)}",
        "(1, 1) float32",
    ]


@pytest.mark.parametrize("mode", ["proto", "json", "grpc", "gzip"])
def test_the_http_client_in_each_of_its_modes(mode: str, run: Run, uci: Path, server: Server) -> None:
    done = run("uci_httpclient.py", uci / "uci_client", address(server), mode)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "price [100, 1] 7800.0\n"


@pytest.mark.parametrize("request_by", ["rpc", "http"])
def test_a_benchmark_of_several_callers(request_by: str, run: Run, uci: Path, server: Server) -> None:
    words = ["--thread", 3, "--model", uci / "uci_client", "--endpoint", address(server), "--batch_size", 4]
    done = run("benchmark.py", *words, "--request", request_by)
    assert (done.returncode, done.stdout) == (0, "threads: 3 requests: 60\n"), done.stderr
    assert done.stderr.startswith("latency:\nmean: ")


def test_a_benchmark_without_a_server_fails_as_the_script_says(run: Run, uci: Path, free_port: int) -> None:
    words = ["--thread", 2, "--model", uci / "uci_client", "--endpoint", f"127.0.0.1:{free_port}"]
    assert run("benchmark.py", *words).returncode == 1


def test_variants_are_asked_by_their_weights(run: Run, uci: Path, server: Server, tmp_path: Path) -> None:
    (tmp_path / "imdb.vocab").write_text("great\nfilm\nawful\n", encoding="utf-8")
    reviews = "awful film | 0\ngreat film | 1\n" * 50
    with start(uci / "uci_model") as other:
        words = [uci / "uci_client", tmp_path / "imdb.vocab", address(server), address(other)]
        done = run("abtest_client.py", *words, input=reviews)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert {line.split(" ", 1)[1] for line in lines} == {"prediction=[3.]", "prediction=[1.]"}
    tags = [line.split(" ", 1)[0] for line in lines]
    assert set(tags) == {"server_tag=bow", "server_tag=lstm"}
    assert len(tags) == 100


def test_readers_and_a_local_predictor_find_lines_of_text(run: Run, brightness: Path, tmp_path: Path) -> None:
    picture = np.zeros((160, 320, 3), dtype=np.uint8)
    picture[20:41, 40:241] = 255  # 200 x 20 pixels
    picture[100:121, 40:141] = 255
    (tmp_path / "lines.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    (tmp_path / "keys.txt").write_text("a\nb\n", encoding="utf-8")
    done = run("ocr_debugger.py", brightness / "brightness_model", tmp_path / "lines.png", tmp_path / "keys.txt")
    assert done.returncode == 0, done.stderr
    # Each side grows by area * 1.5 / perimeter: 4000 * 1.5 / 440 = 13.6 and 2000 * 1.5 / 240 = 12.5 pixels.
    upper = [[26, 6], [254, 6], [254, 54], [26, 54]]
    lower = [[28, 88], [152, 88], [152, 132], [28, 132]]
    assert done.stdout == f"{[upper, lower]} (2, 3, 32)\n"


def test_readers_and_a_client_ask_about_an_image(run: Run, brightness: Path, tmp_path: Path) -> None:
    (tmp_path / "white.png").write_bytes(cv2.imencode(".png", np.full((300, 400, 3), 255, dtype=np.uint8))[1].tobytes())
    with start(brightness / "brightness_model") as server:
        done = run("classify_client.py", brightness / "brightness_client", address(server), tmp_path / "white.png")
    assert (done.returncode, done.stdout) == (0, "(1, 1, 224, 224) 1.0\n"), done.stderr


def test_a_server_built_of_operators_answers_and_ends_well(
    run: Run, serving: Serving, uci: Path, free_port: int
) -> None:
    with serving("general_server.py", uci / "uci_model", free_port) as process:
        done = run("uci_client.py", uci / "uci_client", f"127.0.0.1:{free_port}")
        assert done.stdout.startswith("{'price': array([[78.]], dtype=float32)}\n"), done.stderr
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def test_a_graph_of_two_models_answers_by_engine(run: Run, serving: Serving, uci: Path, free_port: int) -> None:
    with serving("ensemble_server.py", uci / "uci_model", free_port):
        done = run("uci_client.py", uci / "uci_client", f"127.0.0.1:{free_port}")
    first = done.stdout.splitlines()[0]
    price = "{'price': array([[78.]], dtype=float32)}"
    assert first == f"{{'cnn': {price}, 'bow': {price}}}", done.stderr


CHAIN = ["GeneralReaderOp:0", "GeneralInferOp", "GeneralCopyOp:0", "GeneralInferOp", "GeneralResponseOp:0"]


@pytest.mark.parametrize("is_script", [True, False])
def test_two_models_in_a_row_with_a_copy_between_them(
    is_script: bool, serving: Serving, uci: Path, discount: Path, free_port: int
) -> None:
    models = [uci / "uci_model", discount / "serving_server"]
    line = ["-m", "paddle_serving_server.serve", "--model", *models, "--op", *CHAIN, "--port", free_port]
    tensor = {"float_data": list(range(13)), "elem_type": 1, "shape": [1, 13], "name": "input", "alias_name": "x"}
    with serving(*(["chain_server.py", *models, free_port] if is_script else line)):
        url = f"http://127.0.0.1:{free_port}/GeneralModelService/inference"
        answer = httpx.post(url, json={"tensor": [tensor], "fetch_var_names": ["reduced"]}).json()
    (output,) = answer["outputs"]
    assert output["engine_name"] == "GeneralInferOp_1"
    assert output["tensor"][0]["float_data"] == [58.0]  # 78, less 20


def test_the_one_line_server_starts_and_stops_with_status_0(
    run: Run, serving: Serving, uci: Path, free_port: int, tmp_path: Path
) -> None:
    words = ["-m", "paddle_serving_server.serve", "--model", uci / "uci_model", "--thread", 4, "--port", free_port]
    with serving(*words) as process:
        done = run("uci_httpclient.py", uci / "uci_client", f"127.0.0.1:{free_port}", "json")
        assert done.stdout == "price [100, 1] 7800.0\n", done.stderr
        stopped = run("-m", "paddle_serving_server.serve", "stop", "--port", free_port, cwd=tmp_path)
        assert (stopped.returncode, stopped.stdout) == (0, f"ended {process.pid}\n"), stopped.stderr
        assert process.wait(60) == 0


def test_a_model_is_converted_by_the_old_command(run: Run, uci: Path, tmp_path: Path) -> None:
    words = ["--dirname", uci / "saved", "--serving_server", "server", "--serving_client", "client"]
    done = run("-m", "paddle_serving_client.convert", *words, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "server" / "serving_server_conf.prototxt").is_file()
    assert (tmp_path / "client" / "serving_client_conf.prototxt").is_file()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["-m", "paddle_serving_server.monitor"],
            "error: paddle_serving_server.monitor of Paddle Serving is not",
        ),
        (["-m", "paddle_serving_app.package", "--get_model", "nothing"], "error: there is no model 'nothing'"),
        (["general_server.py", "nowhere", "9393"], "error: there is no model directory nowhere"),
    ],
)
def test_a_refusal_is_one_sentence_and_status_2(words: list[str], says: str, run: Run) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert done.stderr.startswith(says)
    assert done.stderr.count("\n") == 1
