"""A pipeline's values as tensors, and a pipeline as one model."""

import asyncio
from typing import Any

import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.pipeline.codes import WrongType
from serving_kit.pipeline.config import PipelineConfig
from serving_kit.pipeline.ends import RequestOp, ResponseOp
from serving_kit.pipeline.model import PipelineModel
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.pipeline import Pipeline
from serving_kit.pipeline.values import plain_values, tensors_of, values_of
from serving_kit.service.service import Service
from serving_kit.types import ElementType, InferRequest, NamedTensor, Tensor, TensorSpec


class Words(Op):
    """Gives the words of a text."""

    def preprocess(self, input_dicts: Any, data_id: int = 0, log_id: int = 0) -> Any:
        (values,) = input_dicts.values()
        return {"words": values["text"].split()}, True, None, ""


def objects(*texts: bytes) -> Tensor:
    array = np.empty(len(texts), object)
    array[:] = texts
    return Tensor(array)


def asked(model_outputs: tuple[TensorSpec, ...], *tensors: NamedTensor, fetch: tuple[str, ...] = ()) -> Any:
    async def ask() -> Any:
        response = ResponseOp(input_ops=[Words("words", input_ops=[RequestOp()])])
        async with Pipeline("p", response, PipelineConfig.of({"rpc_port": 9999}), lambda *_: None) as pipeline:
            service = Service([PipelineModel(pipeline, (), model_outputs, name="p")])
            return (await service.infer("p", InferRequest(tensors, fetch))).outputs[0].tensors

    return asyncio.run(ask())


def text(words: bytes) -> NamedTensor:
    return NamedTensor("text", objects(words))


def test_one_string_is_text_several_are_a_list_and_a_picture_stays_bytes() -> None:
    tensors = {
        "one": objects(b"a b"),
        "two": objects(b"a", b"b"),
        "picture": objects(b"\xff\xd8"),
        "n": Tensor(np.ones(2)),
    }
    values = values_of(tensors)
    assert (values["one"], values["two"], values["picture"]) == ("a b", ["a", "b"], b"\xff\xd8")
    np.testing.assert_array_equal(values["n"], np.ones(2))


def test_values_become_tensors() -> None:
    tensors = tensors_of({"text": "é", "list": ["a", "b"], "x": np.ones((1, 2), np.float32), "x.lod": [0, 1], "n": 3})
    assert tensors["text"].array.tolist() == ["é".encode()]
    assert tensors["list"].array.tolist() == [b"a", b"b"]
    assert (tensors["x"].lod, "x.lod" in tensors, tensors["n"].array.shape) == ((0, 1), False, ())


@pytest.mark.parametrize("value", [{"a": 1}, [[1], [1, 2]], object()])
def test_what_is_no_tensor_is_named(value: object) -> None:
    for read in (tensors_of, plain_values):
        with pytest.raises(WrongType, match="'wrong'"):
            read({"wrong": value})


def test_plain_values_are_json() -> None:
    values = plain_values({"x": np.array([[1.5]], np.float32), "t": "a", "n": 2, "l": ["a", "b"], "e": []})
    assert values == {"x": [[1.5]], "t": "a", "n": 2, "l": ["a", "b"], "e": []}
    with pytest.raises(WrongType, match="'raw' holds bytes"):
        plain_values({"raw": b"\xff"})


def test_outputs_have_names_and_an_empty_one_has_its_declared_type() -> None:
    (words,) = asked((), text(b"to be"))
    assert (words.name, words.tensor.array.tolist()) == ("words", [b"to", b"be"])
    (none,) = asked((TensorSpec("words", "words", ElementType.STRING, (-1,)),), text(b""))
    assert (none.tensor.array.dtype, none.tensor.array.shape) == (np.dtype(object), (0,))


def test_an_input_needs_a_name_and_an_output_must_be_there() -> None:
    with pytest.raises(BadInput, match="needs a name of its own"):
        asked((), NamedTensor("", objects(b"a")))
    with pytest.raises(BadInput, match="output 'letters' is unknown; 'p' gave words"):
        asked((), text(b"a"), fetch=("letters",))
