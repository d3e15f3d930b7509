"""`/<name>/prediction`: what Paddle Serving's Flask web service answered, and old quick starts still ask for."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
from fastapi import APIRouter, Request, Response

from serving_kit.codecs import general_json
from serving_kit.codecs.json_array import flat_array, json_values, kind, parse_object
from serving_kit.errors import BadInput, ServingKitError
from serving_kit.service.model import ServedModel
from serving_kit.service.service import Service
from serving_kit.transports.http.answer import Answer
from serving_kit.transports.http.exchange import exchange
from serving_kit.transports.http.openapi import WEB_SERVICE
from serving_kit.transports.http.question import Encode, ModelQuestion
from serving_kit.transports.http.status import HTTP_STATUS, hint
from serving_kit.types import Array, Body, InferRequest, InferResponse, NamedTensor, Tensor, TensorSpec


class WebServiceRoutes:
    """One route; a server of one model answers under any name, as the old server did, else the name is the model's."""

    def __init__(self, service: Service, max_body_bytes: int) -> None:
        self._service = service
        self._max_body_bytes = max_body_bytes
        self.router = APIRouter(tags=["Paddle Serving"])
        self.router.add_api_route(
            "/{name}/prediction", self.predict, methods=["POST"], response_model=None, openapi_extra=WEB_SERVICE
        )

    async def predict(self, request: Request) -> Response:
        """Answer `{"feed": [{variable: value}, ...], "fetch": [alias, ...]}`, or a GeneralModelService request."""
        question = WebServiceQuestion(self._service, request.url.path, request.headers, request.path_params["name"])
        return await exchange(request, question, self._max_body_bytes)


class WebServiceQuestion(ModelQuestion):
    """Instances for one model, or a GeneralModelService request, which is answered as such."""

    def __init__(self, service: Service, path: str, headers: Mapping[str, str], name: str) -> None:
        super().__init__(service, path, headers)
        self._name = name

    def check(self) -> None:
        """Refuse a model that there is not."""
        self._model()

    @property
    def model_name(self) -> str:
        """The model of the path, or the only one whatever the path says."""
        return self._model().name

    def decode(self, body: Body) -> tuple[str | None, InferRequest, Encode]:
        """Read a request to the model."""
        model = self._model()
        document = parse_object(body)
        if "tensor" in document:
            return model.name, general_json.decode_request(body), _general
        return model.name, _decoded(document, model), _result

    def refuse(self, error: ServingKitError) -> Answer:
        """Put an error's text where the old web service put it."""
        body = orjson.dumps({"result": str(error)})
        return Answer(body, HTTP_STATUS[error.kind], hint(error), "application/json")

    def _model(self) -> ServedModel:
        models = self.service.models
        return models[0] if len(models) == 1 else self.service.model(self._name)


def _general(response: InferResponse) -> Answer:
    return Answer(general_json.encode_response(response), media_type="application/json")


def _result(response: InferResponse) -> Answer:
    result: dict[str, object] = {}
    for named in response.outputs[0].tensors:
        result[named.alias] = _nested(named.tensor.array)
        if named.tensor.lod:
            result[f"{named.alias}.lod"] = named.tensor.lod
    text = orjson.dumps({"result": result}, option=orjson.OPT_SERIALIZE_NUMPY)
    return Answer(text, media_type="application/json")


def _decoded(document: Mapping[str, Any], model: ServedModel) -> InferRequest:
    fetch = document.get("fetch")
    if not isinstance(fetch, list) or not fetch or not all(isinstance(alias, str) for alias in fetch):
        raise BadInput('"fetch" must be an array of the output aliases to answer with')
    feed = document.get("feed")
    instances = [feed] if isinstance(feed, dict) else feed
    if not isinstance(instances, list) or not all(isinstance(one, dict) for one in instances):
        raise BadInput(f'"feed" must be an array of objects, one an instance, not {kind(feed)}')
    if not instances:
        raise BadInput('"feed" is empty; send at least one instance')
    by_key = {key: spec for spec in model.inputs for key in (spec.name, spec.alias)}
    unknown = sorted({key for one in instances for key in one} - set(by_key))
    if unknown:
        raise BadInput(f"input {unknown[0]!r} is unknown; model {model.name!r} takes {[s.alias for s in model.inputs]}")
    return InferRequest(tuple(_batched(spec, instances) for spec in model.inputs), tuple(fetch))


def _batched(spec: TensorSpec, instances: list[dict[str, Any]]) -> NamedTensor:
    """Stack one variable of all instances; the rows of an input with a level of detail are packed instead."""
    rows = []
    for index, one in enumerate(instances):
        where = f"input {spec.alias!r} of instance {index}"
        value = one.get(spec.alias, one.get(spec.name))
        if value is None:
            raise BadInput(f"{where} is missing; every instance needs every input")
        flat = flat_array(value if isinstance(value, list) else [value], spec.element_type, where)
        shape = ((-1,) if spec.is_lod else (1,)) + spec.shape[1:]
        try:
            rows.append(flat.reshape(shape))
        except ValueError:
            raise BadInput(f"{where} holds {flat.size} values, which do not fill {list(spec.shape[1:])}") from None
    if len({part.shape[1:] for part in rows}) > 1:
        raise BadInput(f"input {spec.alias!r} differs in shape from instance to instance; send them one by one")
    lod = (0, *np.cumsum([len(part) for part in rows]).tolist()) if spec.is_lod else ()
    return NamedTensor(spec.name, Tensor(np.concatenate(rows), lod), spec.alias)


def _nested(array: Array) -> object:
    values = json_values(array, as_double=True)
    return (values if isinstance(values, np.ndarray) else np.array(values, dtype=object)).reshape(array.shape).tolist()
