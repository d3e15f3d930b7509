"""What the OpenAPI document says of bodies that are read without pydantic, which would cost more than a small model."""

from typing import Any

Document = dict[str, Any]


def _array(items: Document, **more: object) -> Document:
    return {"type": "array", "items": items, **more}


def _or_null(*schemas: Document) -> Document:
    """Describe a member of a protobuf message as JSON, where null stands for one that is left out."""
    return {"anyOf": [*schemas, {"type": "null"}]}


_NUMBER: Document = {"type": "number"}
_INTEGER: Document = {"type": "integer"}
_STRING: Document = {"type": "string"}
_OBJECT: Document = {"type": "object"}
_INTEGER_TEXT: Document = {"type": "string", "pattern": "^-?[0-9]+$"}
_SHAPE = _array({"type": "integer", "minimum": 0, "maximum": 2**31 - 1})

_GENERAL_TENSOR: Document = {
    "type": "object",
    "properties": {
        "int64_data": _array(_INTEGER),
        "float_data": _array(_NUMBER),
        "int_data": _array(_INTEGER),
        "float64_data": _array(_NUMBER),
        "bool_data": _array({"type": "boolean"}),
        "complex64_data": _array(_NUMBER),
        "complex128_data": _array(_NUMBER),
        "data": _array(_STRING),
        "elem_type": {"type": "integer", "enum": [*range(12), 20]},
        "shape": _SHAPE,
        "lod": _array(_INTEGER),
        "name": _STRING,
        "alias_name": _STRING,
        "tensor_content": {"type": "string", "description": "base64 of raw little-endian values"},
    },
}
_GENERAL_REQUEST: Document = {
    "type": "object",
    "properties": {
        "tensor": _array(_GENERAL_TENSOR),
        "fetch_var_names": _array(_STRING),
        "profile_server": {"type": "boolean"},
        "log_id": {"type": "integer", "minimum": 0},
    },
}
_GENERAL_RESPONSE: Document = {
    "type": "object",
    "properties": {
        "outputs": _array(
            {"type": "object", "properties": {"tensor": _array(_GENERAL_TENSOR), "engine_name": _STRING}}
        ),
        "profile_time": _array(_INTEGER),
        "log_id": _INTEGER,
        "err_no": _INTEGER,
        "err_msg": _STRING,
    },
}
_OIP_TENSOR: Document = {
    "type": "object",
    "required": ["name", "shape", "datatype"],
    "properties": {
        "name": _STRING,
        "shape": _SHAPE,
        "datatype": _STRING,
        "parameters": _OBJECT,
        "data": {"type": "array"},
    },
}
_OIP_ERROR: Document = {"type": "object", "required": ["error"], "properties": {"error": _STRING}}


def _body(schema: Document) -> Document:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _answer(description: str, content_type: str = "application/json", schema: Document | None = None) -> Document:
    return {"description": description, "content": {content_type: {"schema": schema or {}}}}


def _path(name: str) -> Document:
    return {"name": name, "in": "path", "required": True, "schema": _STRING}


_REFUSALS = {
    "400": "the request is wrong, and the text says where",
    "404": "there is no such method or model",
    "405": "the path takes another verb",
    "413": "the body is larger than the server's limit",
    "429": "the server has as much work as it may hold",
    "500": "the engine failed",
    "503": "the server is stopping, or has as much work as it may hold",
    "504": "no answer in the time allowed",
}
_BRPC_REFUSALS = {code: _answer(text, "text/plain", _STRING) for code, text in _REFUSALS.items()}
_OIP_REFUSALS = {code: _answer(text, schema=_OIP_ERROR) for code, text in _REFUSALS.items()}

GENERAL_MODEL: Document = {
    "summary": "Run the server's models on one Request",
    "parameters": [{"name": "method", "in": "path", "required": True, "schema": {"enum": ["inference", "debug"]}}],
    "requestBody": _body(_GENERAL_REQUEST),
    "responses": {"200": _answer("one output an engine", schema=_GENERAL_RESPONSE), **_BRPC_REFUSALS},
}
WEB_SERVICE: Document = {
    "summary": "The older web service's interface",
    "parameters": [_path("name")],
    "requestBody": _body(
        {
            "type": "object",
            "required": ["feed", "fetch"],
            "properties": {"feed": _array(_OBJECT), "fetch": _array(_STRING)},
        }
    ),
    "responses": {
        "200": _answer("outputs by alias", schema=_OBJECT),
        **{code: _answer(text, schema=_OBJECT) for code, text in _REFUSALS.items()},
    },
}
PIPELINE: Document = {
    "summary": "Ask the pipeline",
    "parameters": [_path("name"), _path("method")],
    "requestBody": _body(
        {
            "type": "object",
            "properties": {
                "key": _or_null(_array(_STRING)),
                "value": _or_null(_array(_STRING)),
                "tensors": _or_null(_array(_OBJECT)),
                "logid": _or_null(_INTEGER, _INTEGER_TEXT),
                "clientip": _or_null(_STRING),
            },
        }
    ),
    "responses": {
        "200": _answer(
            "texts by key; what went wrong in an op is in err_no and err_msg",
            schema={
                "type": "object",
                "required": ["err_no", "err_msg", "key", "value", "tensors"],
                "properties": {
                    "err_no": _INTEGER,
                    "err_msg": _STRING,
                    "key": _array(_STRING),
                    "value": _array(_STRING),
                    "tensors": _array(_OBJECT),
                },
            },
        ),
        **{code: _answer(text, schema=_OBJECT) for code, text in _REFUSALS.items()},
    },
}
WEIGHTS: Document = {
    "summary": "Divide an op's requests anew among its variants",
    "parameters": [_path("op")],
    "requestBody": _body({"type": "object", "additionalProperties": {"type": "number", "minimum": 0}}),
    "responses": {"200": _answer("the weights of all variants", schema=_OBJECT), **_OIP_REFUSALS},
}
OIP_INFER: Document = {
    "summary": "Run one model",
    "requestBody": _body(
        {
            "type": "object",
            "required": ["inputs"],
            "properties": {
                "id": _STRING,
                "parameters": _OBJECT,
                "inputs": _array(_OIP_TENSOR),
                "outputs": _array({"type": "object", "required": ["name"], "properties": {"name": _STRING}}),
            },
        }
    ),
    "responses": {
        "200": _answer(
            "the outputs",
            schema={
                "type": "object",
                "required": ["model_name", "outputs"],
                "properties": {"model_name": _STRING, "model_version": _STRING, "outputs": _array(_OIP_TENSOR)},
            },
        ),
        **_OIP_REFUSALS,
    },
}


def oip(summary: str, schema: Document | None = None) -> Document:
    """Describe a route of the Open Inference Protocol that answers a document."""
    return {"summary": summary, "responses": {"200": _answer(summary, schema=schema or _OBJECT), **_OIP_REFUSALS}}


def with_path(document: Document, path: str) -> Document:
    """Add the parameters that stand in a path to an operation."""
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    return document | {"parameters": [_path(name) for name in names]}
