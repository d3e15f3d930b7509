"""Ask a server with tritonclient.http: `python triton_http.py HOST:PORT`."""

import sys

import cases
import ml_dtypes
import numpy as np
import tritonclient.http as module
from triton_tensors import ROWS, adder, mirror, same, tensor, values

JSON = {"binary_data": False}


def as_json(client):
    """Neither the request nor the answer is binary; the client then sends no Content-Type."""
    outputs = [module.InferRequestedOutput("total", **JSON)]
    return values(client.infer("adder", adder(module, **JSON), outputs=outputs))


def as_binary(client):
    return values(client.infer("adder", adder(module), outputs=[module.InferRequestedOutput("total")]))


def without_outputs(client):
    """The client then asks for all of them, binary."""
    return values(client.infer("adder", adder(module, **JSON)))


def gzip(client):
    packed = {"request_compression_algorithm": "gzip", "response_compression_algorithm": "gzip"}
    return values(client.infer("adder", adder(module), **packed))


def deflate(client):
    packed = {"request_compression_algorithm": "deflate", "response_compression_algorithm": "deflate"}
    return values(client.infer("adder", adder(module), **packed))


def version_and_id(client):
    response = client.infer("adder", adder(module), model_version="1", request_id="seven").get_response()
    return [response["model_name"], response["model_version"], response["id"]]


def every_type(client):
    return same(client.infer("mirror", mirror(module)))


def outputs_in_the_order_asked(client):
    outputs = [module.InferRequestedOutput(name) for name in ("same_int64", "same_fp16")]
    response = client.infer("mirror", mirror(module), outputs=outputs).get_response()
    return [output["name"] for output in response["outputs"]]


def texts(client):
    array = np.array(["a", "é"], np.object_)
    return values(client.infer("text", [tensor(module, "text", array, "BYTES")]), "same_text")


def together(client):
    calls = [client.async_infer("adder", adder(module)) for _ in range(8)]
    return [values(call.get_result()) for call in calls]


def health(client):
    return [client.is_server_live(), client.is_server_ready(), client.is_model_ready("adder")]


def a_model_that_is_not_there_is_not_ready(client):
    return client.is_model_ready("nope")


def metadata(client):
    return [client.get_server_metadata(), client.get_model_metadata("adder")]


def config(client):
    return client.get_model_config("adder")


def statistics(client):
    (before,) = client.get_inference_statistics("adder")["model_stats"]
    client.infer("adder", adder(module))
    (after,) = client.get_inference_statistics("adder", "1")["model_stats"]
    return [after["inference_count"] - before["inference_count"], after["execution_count"] - before["execution_count"]]


def repository(client):
    """Take a model out of service, see that it is gone, and bring it back."""
    seen = [states(client)]
    client.unload_model("words")
    seen += [states(client), client.is_model_ready("words")]
    client.load_model("words")
    return [*seen, states(client), client.is_model_ready("words")]


def states(client):
    return {model["name"]: model["state"] for model in client.get_model_repository_index()}


def parameters_of_other_servers(client):
    """Triton takes these; here they are passed over."""
    others = {"priority": 3, "sequence_id": 5, "sequence_start": True, "parameters": {"mine": "x"}}
    return values(client.infer("adder", adder(module), **others))


def time_enough(client):
    return values(client.infer("adder", adder(module), timeout=60_000_000))


def a_large_request(client):
    """72 MB in, 24 MB out."""
    rows = np.ones((6_000_000, 3), np.float32)
    total = client.infer("adder", [tensor(module, "x", rows, "FP32")]).as_numpy("total")
    return [list(total.shape), bool((total == 4).all())]


def bfloat16_is_widened(client):
    return values(client.infer("adder", [tensor(module, "x", ROWS.astype(ml_dtypes.bfloat16), "BF16")]))


def shared_memory(client):
    shared = module.InferInput("x", [2, 3], "FP32")
    shared.set_shared_memory("region", 24)
    client.infer("adder", [shared])


def classification(client):
    client.infer("adder", adder(module), outputs=[module.InferRequestedOutput("total", class_count=1)])


def load_with_a_configuration(client):
    client.load_model("words", config="{}")


def unknown_version(client):
    client.infer("adder", adder(module), model_version="2")


def unknown_model(client):
    client.infer("nope", adder(module))


def wrong_shape(client):
    client.infer("adder", [tensor(module, "x", ROWS[:, :2].copy(), "FP32")])


def wrong_type(client):
    client.infer("adder", [tensor(module, "x", ROWS.astype(np.int64), "INT64")])


def unknown_output(client):
    client.infer("adder", adder(module), outputs=[module.InferRequestedOutput("nope")])


CASES = [
    *(as_json, as_binary, without_outputs, gzip, deflate, version_and_id, every_type, outputs_in_the_order_asked),
    *(texts, together, health, a_model_that_is_not_there_is_not_ready, metadata, config, statistics, repository),
    *(bfloat16_is_widened, shared_memory, classification),
    *(parameters_of_other_servers, time_enough, a_large_request, load_with_a_configuration, unknown_version),
    *(unknown_model, wrong_shape, wrong_type, unknown_output),
]

if __name__ == "__main__":
    with module.InferenceServerClient(sys.argv[1], concurrency=4) as client:
        cases.run(CASES, client)
