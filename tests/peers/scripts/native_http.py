"""Ask servers with Paddle Serving's HttpClient, over HTTP and gRPC: `python native_http.py PORTS_AND_CONFS.json`.

The file is that of native_client.py.
"""

import json
import sys
from pathlib import Path

import cases
import numpy as np
from google.protobuf.json_format import MessageToDict
from paddle_serving_client import HttpClient

ROWS = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
MANY = np.ones((100, 3), np.float32)


def _client(models, name, *, proto=True, grpc=False, gzip=False):
    client = HttpClient()
    client.load_client_config(models[name]["conf"])
    client.set_http_proto(proto)
    client.set_use_grpc_client(grpc)
    client.set_request_compress(gzip)
    client.set_response_compress(gzip)
    client.connect(f"127.0.0.1:{models[name]['ports'][0]}")
    return client


def _plain(answer):
    """JSON comes as a dictionary, protobuf and gRPC as a message."""
    if answer is None or isinstance(answer, dict):
        return answer
    return MessageToDict(answer, preserving_proto_field_name=True)


def _tensor(answer):
    (tensor,) = _plain(answer)["outputs"][0]["tensor"]
    return tensor


def json_batch(models):
    return _tensor(_client(models, "adder", proto=False).predict({"x": ROWS}, ["total"], batch=True))


def proto_batch(models):
    return _tensor(_client(models, "adder").predict({"x": ROWS}, ["total"], batch=True))


def grpc_batch(models):
    return _tensor(_client(models, "adder", grpc=True).predict({"x": ROWS}, ["total"], batch=True))


def json_one_instance_as_a_list(models):
    return _tensor(_client(models, "adder", proto=False).predict({"x": [1, 2, 3]}, "total"))


def json_gzip(models):
    client = _client(models, "adder", proto=False, gzip=True)
    return _tensor(client.predict({"x": MANY}, batch=True))["float_data"]


def proto_gzip(models):
    client = _client(models, "adder", gzip=True)
    return _tensor(client.predict({"x": MANY}, batch=True))["float_data"]


def json_sequences(models):
    feed = {"words": np.arange(6).reshape(3, 2), "words.lod": [0, 1, 3]}
    return _tensor(_client(models, "words", proto=False).predict(feed, batch=True))


def proto_sequences(models):
    feed = {"words": np.arange(6).reshape(3, 2), "words.lod": [0, 1, 3]}
    return _tensor(_client(models, "words").predict(feed, batch=True))


def json_text(models):
    return _tensor(_client(models, "text", proto=False).predict({"text": "a\u00e9"}))


def grpc_text(models):
    return _tensor(_client(models, "text", grpc=True).predict({"text": "a\u00e9"}))


def json_wrong_then_right(models):
    return _wrong_then_right(_client(models, "adder", proto=False))


def proto_wrong_then_right(models):
    return _wrong_then_right(_client(models, "adder"))


def _wrong_then_right(client):
    """What the server refuses is None to the caller, and the same client goes on."""
    answers = [client.predict({"x": rows}, ["total"], batch=True) for rows in (ROWS[:, :2], ROWS)]
    return [answer and _tensor(answer)["float_data"] for answer in answers]


CASES = [
    *(json_batch, proto_batch, grpc_batch, json_one_instance_as_a_list, json_gzip, proto_gzip),
    *(json_sequences, proto_sequences, json_text, grpc_text, json_wrong_then_right, proto_wrong_then_right),
]

if __name__ == "__main__":
    sys.stdout, printed = sys.stderr, sys.stdout  # the client prints what it is refused
    cases.run(CASES, json.loads(Path(sys.argv[1]).read_text()), out=printed)
