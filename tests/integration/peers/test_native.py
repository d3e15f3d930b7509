"""Paddle Serving 0.9's own clients: the native one over bRPC, and HttpClient over HTTP and gRPC."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from serving_kit.process import Server, start
from tests.integration.peers.conftest import SCRIPTS, Answers, ask, variables_of
from tests.peers.native import is_possible, native

pytestmark = pytest.mark.integration

TOTALS = {"total": [[7.0], [16.0]]}
FIRST = {"total": [[7.0]]}
TYPES = ("fp32", "fp16", "int64", "int32", "uint8", "int8")
TEXT = list("aé\0".encode())
NATIVE: Answers = {
    "a_batch": TOTALS,
    "one_instance": FIRST,
    "no_fetch_list": TOTALS,
    "every_type": dict.fromkeys(TYPES, True),
    "several_fetches": [["same_int64", [1, 2]], ["same_fp32", [1, 2]], ["same_uint8", [1, 2]]],
    "sequences": {"same_words": [[0, 1], [2, 3], [4, 5]], "same_words.lod": [0, 1, 3]},
    "a_text": {"same_text": TEXT},
    "wrong_then_right": [None, TOTALS, None, TOTALS],
    "two_endpoints": [FIRST] * 40,
    "variants": [json.dumps([FIRST, tag]) for tag in ("a", "b")],
    "callers_at_once": [True] * 8,
    "a_large_request": [[6000000, 1], True],
}
FLOATS = {"float_data": [7.0, 16.0], "elem_type": 1, "shape": [2, 1], "name": "fetch_name_0", "alias_name": "total"}
PACKED = {
    "int64_data": list(range(6)),
    "shape": [3, 2],
    "lod": [0, 1, 3],
    "name": "same_words",
    "alias_name": "same_words",
}
BYTES = {"tensor_content": "YcOpAA==", "elem_type": 7, "shape": [4], "name": "same_text", "alias_name": "same_text"}
HTTP: Answers = {
    "json_batch": FLOATS,
    "proto_batch": FLOATS,
    "grpc_batch": FLOATS,
    "json_one_instance_as_a_list": FLOATS | {"float_data": [7.0], "shape": [1, 1]},
    "json_gzip": [4.0] * 100,
    "proto_gzip": [4.0] * 100,
    "json_sequences": PACKED,
    "proto_sequences": PACKED | {"int64_data": list(map(str, range(6)))},  # protobuf's own way to write 64 bits
    "json_text": BYTES,
    "grpc_text": BYTES,
    "json_wrong_then_right": [None, [7.0, 16.0]],
    "proto_wrong_then_right": [None, [7.0, 16.0]],
}
EXPECTED = {"native_client.py": NATIVE, "native_http.py": HTTP} if is_possible() else {}


@pytest.fixture(scope="module")
def text_conf(model_dirs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A client configuration as it was for models that take strings: of type 20, one of them a request."""
    folder = tmp_path_factory.mktemp("text_conf")
    written = (model_dirs["text"] / "serving_client" / "serving_client_conf.prototxt").read_text()
    text = written.replace("feed_type: 7", "feed_type: 20\n  shape: 1")
    (folder / "serving_client_conf.prototxt").write_text(text)
    return folder


@pytest.fixture(scope="module")
def known(
    single: dict[str, Server], model_dirs: dict[str, Path], text_conf: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The file that the scripts read; one of the models has two servers."""
    served = {
        name: {"ports": [server.port], "conf": str(model_dirs[name] / "serving_client")}
        for name, server in single.items()
    }
    served["text"]["conf"] = str(text_conf)
    with start(model_dirs["adder"]) as second:
        served["two_adders"] = served["adder"] | {"ports": [single["adder"].port, second.port]}
        path = tmp_path_factory.mktemp("known") / "servers.json"
        path.write_text(json.dumps(served))
        yield path


@pytest.mark.parametrize("script", EXPECTED)
def test_every_call_gives_what_paddle_serving_gave(known: Path, script: str) -> None:
    assert ask(native(), script, known) == EXPECTED[script]
    for port in json.loads(known.read_text())["two_adders"]["ports"]:
        (counted,) = httpx.get(f"http://127.0.0.1:{port}/v2/models/adder/stats").json()["model_stats"]
        assert counted["inference_count"]


@pytest.mark.parametrize("client", ["native_turns.py"] if is_possible() else [])
def test_a_client_finds_a_server_that_was_started_again(model_dirs: dict[str, Path], client: str) -> None:
    peer, conf = native(), model_dirs["adder"] / "serving_client"
    first = start(model_dirs["adder"])
    command = [str(word) for word in (peer.python, "-W", "ignore", SCRIPTS / client, first.port, conf)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=variables_of(peer), stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as asker:
        assert asker.stdin
        assert asker.stdout

        def turn() -> object:
            asker.stdin.write(b"\n")  # type: ignore[union-attr]
            asker.stdin.flush()  # type: ignore[union-attr]
            return json.loads(asker.stdout.readline())  # type: ignore[union-attr]

        assert turn() == [[4.0]]
        first.stop()
        assert turn() is None
        with start(model_dirs["adder"], port=first.port):
            # The client looks again for a server that it has lost at times of its own choosing.
            deadline = time.monotonic() + 60
            while (answer := turn()) is None and time.monotonic() < deadline:
                time.sleep(0.05)
            assert answer == [[4.0]]
            assert turn() == [[4.0]]
        asker.stdin.close()
