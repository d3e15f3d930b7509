"""Ask a server with KServe's clients, REST and gRPC: `python kserve_client.py HOST:PORT`."""

import asyncio
import sys

import cases
import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig

ROWS = np.array([[1, 2, 3], [4, 5, 6]], np.float32)


def _request(model, array, datatype, *, binary):
    name = {"adder": "x", "nope": "x", "text": "text"}[model]
    tensor = InferInput(name, list(array.shape), datatype)
    tensor.set_data_from_numpy(array, binary_data=binary)
    return InferRequest(model, [tensor], request_id="seven")


async def _rest(address, model="adder", array=ROWS, datatype="FP32", *, binary=False):
    client = InferenceRESTClient(RESTConfig(protocol="v2", retries=1))
    request = _request(model, array, datatype, binary=binary)
    answer = await client.infer(f"http://{address}", request, model_name=model)
    await client.close()
    return [answer.model_name, answer.id, answer.outputs[0].as_numpy().tolist()]


async def _grpc(address, model="adder", array=ROWS, datatype="FP32", *, binary=False):
    async with InferenceGRPCClient(address) as client:
        answer = await client.infer(_request(model, array, datatype, binary=binary))
        return [answer.model_name, answer.id, answer.outputs[0].as_numpy().tolist()]


def rest_json(address):
    return asyncio.run(_rest(address))


def rest_binary(address):
    return asyncio.run(_rest(address, binary=True))


def rest_half_precision_is_binary(address):
    return asyncio.run(_rest(address, array=ROWS.astype(np.float16), datatype="FP16", binary=True))


def rest_texts(address):
    return asyncio.run(_rest(address, "text", np.array(["a", "é"], np.object_), "BYTES"))


def rest_unknown_model(address):
    return asyncio.run(_rest(address, "nope"))


def rest_health(address):
    async def ask():
        client = InferenceRESTClient(RESTConfig(protocol="v2"))
        url = f"http://{address}"
        asked = [client.is_server_live(url), client.is_server_ready(url), client.is_model_ready(url, "adder")]
        return [await answer for answer in asked]

    return asyncio.run(ask())


def grpc_contents(address):
    """Not binary: the values travel in the typed contents of the message."""
    return asyncio.run(_grpc(address))


def grpc_raw(address):
    return asyncio.run(_grpc(address, binary=True))


def grpc_texts(address):
    return asyncio.run(_grpc(address, "text", np.array(["a", "é"], np.object_), "BYTES"))


def grpc_unknown_model(address):
    return asyncio.run(_grpc(address, "nope"))


def grpc_health(address):
    async def ask():
        async with InferenceGRPCClient(address) as client:
            asked = [client.is_server_live(), client.is_server_ready(), client.is_model_ready("adder")]
            return [await answer for answer in asked]

    return asyncio.run(ask())


CASES = [
    *(rest_json, rest_binary, rest_half_precision_is_binary, rest_texts, rest_unknown_model, rest_health),
    *(grpc_contents, grpc_raw, grpc_texts, grpc_unknown_model, grpc_health),
]

if __name__ == "__main__":
    cases.run(CASES, sys.argv[1])
