"""Every client and every protocol, asked the same way: an array of a type in, the model's answer out."""

import base64
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson

from serving_kit.clients import Client, HttpClient, ModelClient
from serving_kit.codecs import open_inference, prototxt
from serving_kit.codecs.bfloat16 import from_bits, to_bits
from serving_kit.codecs.general_message import decode_response
from serving_kit.codecs.general_tensor import CONTENT_FIELD, DATA_FIELDS
from serving_kit.codecs.json_array import json_values
from serving_kit.types import Array, ElementType, TensorSpec
from tests.unit.clients.blocking import client as client_of

Ask = Callable[[ElementType, Array], Array]
OPEN_INFERENCE = set(open_inference.DATATYPES)


class Asker:
    """Clients of one server, made when first needed; `ways` maps each way of asking to its function."""

    def __init__(self, address: str, folder: Path) -> None:
        self._address = address
        self._folder = folder
        self._open = ExitStack()
        self._rest = self._open.enter_context(httpx.Client(base_url=f"http://{address}", trust_env=False))
        self._model_client = cache(self._make_model_client)
        self._client = cache(self._make_client)
        self._http_client = cache(self._make_http_client)
        self.ways: dict[str, Ask] = {
            "Client": self._by_client,
            "HttpClient-proto": lambda kind, array: self._by_http_client(kind, array, is_proto=True),
            "HttpClient-json": lambda kind, array: self._by_http_client(kind, array, is_proto=False),
            "HttpClient-grpc": lambda kind, array: self._by_http_client(kind, array, is_grpc=True),
            "rest-json": self._by_rest,
        }
        for scheme in ("http", "grpc", "brpc"):
            for kind in ("sync", "async"):
                self.ways[f"{scheme}-{kind}"] = self._by_model_client(scheme, kind)

    def close(self) -> None:
        self._open.close()

    def _by_model_client(self, scheme: str, kind: str) -> Ask:
        def ask(element_type: ElementType, array: Array) -> Array:
            if scheme == "brpc" and element_type is ElementType.BF16:  # over bRPC nobody tells that this is wanted
                array = to_bits(array)
            return self._model_client(scheme, kind, element_type).predict({"x": array})["y"]

        return ask

    def _by_client(self, element_type: ElementType, array: Array) -> Array:
        answer = self._client(element_type).predict(feed={"x": array}, batch=True)
        return np.asarray(answer["y"])

    def _by_http_client(
        self, element_type: ElementType, array: Array, *, is_proto: bool = True, is_grpc: bool = False
    ) -> Array:
        client = self._http_client(element_type)
        client.set_http_proto(is_proto)
        client.set_use_grpc_client(is_grpc)
        answer = client.predict(feed={"x": array}, batch=True)
        assert answer is not None
        if isinstance(answer, dict):
            return _from_json(answer["outputs"][0]["tensor"][0], element_type)
        (output,) = decode_response(answer.SerializeToString()).outputs
        return _as_callers_see(output.tensors[0].tensor.array, element_type)

    def _by_rest(self, element_type: ElementType, array: Array) -> Array:
        tensor = {
            "name": "x",
            "shape": array.shape,
            "datatype": open_inference.DATATYPES[element_type],
            "data": json_values(array),
        }
        body = orjson.dumps({"inputs": [tensor]}, option=orjson.OPT_SERIALIZE_NUMPY)
        answer = self._rest.post(f"/v2/models/{element_type.name.lower()}/infer", content=body)
        assert answer.status_code == 200, answer.text
        named = open_inference.decode_response(answer.content)["y"]
        return _as_callers_see(named.tensor.array, element_type)

    def _make_model_client(self, scheme: str, kind: str, element_type: ElementType) -> ModelClient:
        name = element_type.name.lower()
        return self._open.enter_context(client_of(kind, f"{scheme}://{self._address}", model=name))

    def _make_client(self, element_type: ElementType) -> Client:
        client = Client()
        client.load_client_config(str(self._config(element_type)))
        client.connect([self._address])
        self._open.callback(client.release)
        return client

    def _make_http_client(self, element_type: ElementType) -> HttpClient:
        client = HttpClient()
        client.load_client_config(str(self._config(element_type)))
        client.connect(self._address)
        self._open.callback(client.close)
        return client

    def _config(self, element_type: ElementType) -> Path:
        folder = self._folder / element_type.name
        folder.mkdir(exist_ok=True)
        specs = [TensorSpec(name, name, element_type, (-1,)) for name in ("x", "y")]
        prototxt.write(folder, prototxt.CLIENT_CONF, specs[:1], specs[1:])
        return folder


def expected(array: Array, element_type: ElementType) -> Array:
    """Return what a caller gets back: bfloat16 keeps the upper half of a float32."""
    if element_type is not ElementType.BF16:
        return array
    return from_bits(to_bits(array.astype(np.float32)))


def texts(array: Array) -> list[str]:
    """Return the strings of an array, whether they came as bytes or as text."""
    return [item.decode() if isinstance(item, bytes) else item for item in array.ravel()]


def _as_callers_see(array: Array, element_type: ElementType) -> Array:
    return from_bits(array.astype(np.uint16)) if element_type is ElementType.BF16 else array


def _from_json(tensor: dict[str, Any], element_type: ElementType) -> Array:
    field = DATA_FIELDS[element_type]
    values = tensor[field]
    if field == CONTENT_FIELD:
        flat = np.frombuffer(base64.b64decode(values), element_type.dtype.newbyteorder("<"))
    elif element_type in (ElementType.COMPLEX64, ElementType.COMPLEX128):
        parts = np.float32 if element_type is ElementType.COMPLEX64 else np.float64
        flat = np.asarray(values, parts).view(element_type.dtype)
    else:
        flat = np.asarray(values, element_type.dtype)
    return _as_callers_see(flat.reshape(tensor["shape"]), element_type)
