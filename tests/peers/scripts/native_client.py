"""Ask servers with Paddle Serving's native client over bRPC: `python native_client.py PORTS_AND_CONFS.json`.

The file maps a model to the ports of its servers and to the folder of its client configuration.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cases
import numpy as np
from paddle_serving_client import Client

ROWS = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
# The client itself reads the raw bytes of an answer as UTF-8 text: values above these it cannot receive.
TYPES = {
    "fp32": np.array([1.5, -2.5], np.float32),
    "fp16": np.array([0.5, 1], np.float16),
    "int64": np.array([-(2**63), 2**63 - 1], np.int64),
    "int32": np.array([-(2**31), 2**31 - 1], np.int32),
    "uint8": np.array([0, 127], np.uint8),
    "int8": np.array([1, 127], np.int8),
}


def _client(models, name, timeout_ms=60000):
    client = Client()
    client.load_client_config(models[name]["conf"])
    client.set_rpc_timeout_ms(timeout_ms)
    client.connect([f"127.0.0.1:{port}" for port in models[name]["ports"]])
    return client


def _plain(answer):
    return answer if answer is None else {name: value.tolist() for name, value in answer.items()}


def a_batch(models):
    return _plain(_client(models, "adder").predict({"x": ROWS}, ["total"], batch=True, log_id=7))


def one_instance(models):
    """The client prepends the batch axis itself."""
    return _plain(_client(models, "adder").predict({"x": ROWS[0]}, "total"))


def no_fetch_list(models):
    return _plain(_client(models, "adder").predict({"x": ROWS}, batch=True))


def every_type(models):
    """Values of fp16, uint8 and int8 travel as raw bytes, with the shape of the configuration."""
    answer = _client(models, "plain_mirror").predict({name: array.copy() for name, array in TYPES.items()})
    got = {name: answer["same_" + name] for name in TYPES}
    return {name: got[name].dtype == TYPES[name].dtype and got[name].tobytes() == TYPES[name].tobytes() for name in got}


def several_fetches(models):
    feed = {name: array.copy() for name, array in TYPES.items()}
    answer = _client(models, "plain_mirror").predict(feed, ["same_int64", "same_fp32", "same_uint8"])
    return [[name, list(value.shape)] for name, value in answer.items()]


def sequences(models):
    pairs = np.arange(6, dtype=np.int64).reshape(3, 2)
    return _plain(_client(models, "words").predict({"words": pairs, "words.lod": [0, 1, 3]}, batch=True))


def a_text(models):
    return _plain(_client(models, "text").predict({"text": "a\u00e9"}))


def wrong_then_right(models):
    """What the server refuses is None to the caller, and the same client goes on."""
    client = _client(models, "adder")
    answers = [client.predict({"x": rows}, ["total"], batch=True) for rows in (ROWS[:, :2], ROWS, ROWS[:, :1], ROWS)]
    return [_plain(answer) for answer in answers]


def two_endpoints(models):
    client = _client(models, "two_adders")
    return [_plain(client.predict({"x": ROWS[:1]}, batch=True)) for _ in range(40)]


def variants(models):
    """Both variants are asked; the client says which one answered."""
    client = Client()
    client.load_client_config(models["two_adders"]["conf"])
    first, second = models["two_adders"]["ports"]
    client.add_variant("a", [f"127.0.0.1:{first}"], 50)
    client.add_variant("b", [f"127.0.0.1:{second}"], 50)
    client.connect()
    answers = [client.predict({"x": ROWS[:1]}, batch=True, need_variant_tag=True) for _ in range(40)]
    return sorted({json.dumps([_plain(answer), tag]) for answer, tag in answers})


def callers_at_once(models):
    """Each thread has a client of its own, as in Paddle Serving's benchmarks; their answers do not mix."""

    def call(number):
        client = _client(models, "adder")
        rows = np.full((number + 1, 3), number, np.float32)
        return [_plain(client.predict({"x": rows.copy()}, batch=True)) for _ in range(20)]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(call, range(8)))
    return [same == [{"total": [[3.0 * number + 1]] * (number + 1)}] * 20 for number, same in enumerate(answers)]


def a_large_request(models):
    """72 MB: more than bRPC itself takes unless it is told to."""
    rows = np.ones((6000000, 3), np.float32)
    total = _client(models, "adder").predict({"x": rows}, ["total"], batch=True)["total"]
    return [list(total.shape), bool((total == 4).all())]


CASES = [
    *(a_batch, one_instance, no_fetch_list, every_type, several_fetches, sequences, a_text, wrong_then_right),
    *(two_endpoints, variants, callers_at_once, a_large_request),
]

if __name__ == "__main__":
    cases.run(CASES, json.loads(Path(sys.argv[1]).read_text()))
