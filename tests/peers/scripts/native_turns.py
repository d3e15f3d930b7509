"""Ask one server with the native client, once for each line that comes: `python native_turns.py PORT CONF`."""

import json
import sys

import numpy as np
from paddle_serving_client import Client

if __name__ == "__main__":
    port, conf = sys.argv[1:]
    client = Client()
    client.load_client_config(conf)
    client.connect([f"127.0.0.1:{port}"])
    for _ in sys.stdin:
        answer = client.predict({"x": np.ones((1, 3), np.float32)}, ["total"], batch=True)
        print(json.dumps(answer and answer["total"].tolist()), flush=True)  # noqa: T201 - the test reads it
