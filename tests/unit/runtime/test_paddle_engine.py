import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from serving_kit.errors import BadInput, Internal, ModelFileError, Unsupported
from serving_kit.runtime.options import EngineOptions
from serving_kit.runtime.paddle_engine import PaddleEngine, check_types
from serving_kit.runtime.program import describe
from serving_kit.types import ElementType, Tensor, TensorSpec
from tests.unit.tiny_models import ROW, ROW_ANSWER, WEIGHTS, echo, serialized

PLAIN = EngineOptions(onednn=False)
PLAIN_AND_FAST = [PLAIN, EngineOptions(onednn=True)]


def load(program: Path, params: Path | None = None, options: EngineOptions = PLAIN) -> PaddleEngine:
    described = describe(program)
    return PaddleEngine.load(program, params, options, described.inputs, described.outputs)


@pytest.mark.parametrize("options", PLAIN_AND_FAST)
def test_every_format_computes_the_same(fluid: Path, legacy: Path, pir: Path, options: EngineOptions) -> None:
    engines = [
        load(fluid / "__model__", None, options),
        load(legacy / "model.pdmodel", legacy / "model.pdiparams", options),
        load(pir / "model.json", pir / "model.pdiparams", options),
    ]
    for engine in engines:
        (answer,) = engine.run({engine.inputs[0].name: Tensor(ROW)}).values()
        assert answer.array == ROW_ANSWER
        assert answer.array.dtype == np.float32


@pytest.mark.parametrize("name", ["INT64", "INT32", "FP32", "FP64", "FP16", "UINT8", "INT8", "BOOL"])
def test_every_type_comes_back_as_it_went_in(tmp_path: Path, name: str) -> None:
    engine = load(echo(tmp_path, ElementType[name]))
    array = np.array([[1, 0], [0, 1]]).astype(ElementType[name].dtype)
    answer = engine.run({"x": Tensor(array)})["y"]
    assert answer.array.dtype == array.dtype
    np.testing.assert_array_equal(answer.array, array)
    assert answer.lod == ()


@pytest.mark.parametrize("name", ["INT16", "BF16", "COMPLEX64", "COMPLEX128", "STRING"])
def test_a_type_that_paddle_does_not_carry_is_refused_before_a_model_runs(name: str) -> None:
    with pytest.raises(Unsupported, match=f"variable 'y' is {name}, which paddle.inference does not carry; export"):
        check_types([TensorSpec("out", "y", ElementType[name], (-1,))])


def test_levels_of_detail_go_in_and_out_and_are_forgotten(tmp_path: Path) -> None:
    engine = load(echo(tmp_path, ElementType.INT64, lod=True))
    rows = np.arange(6).reshape(3, 2)
    assert engine.run({"x": Tensor(rows, (0, 1, 3))})["y"].lod == (0, 1, 3)
    assert engine.run({"x": Tensor(rows)})["y"].lod == ()


@pytest.mark.parametrize("options", PLAIN_AND_FAST)
def test_shapes_may_change_from_call_to_call(conv: Path, options: EngineOptions) -> None:
    engine = load(conv / "model.json", conv / "model.pdiparams", options)
    for shape in [(1, 3, 8, 8), (2, 3, 5, 9), (1, 3, 8, 8)]:
        (answer,) = engine.run({"x": Tensor(np.ones(shape, "float32"))}).values()
        assert answer.array.shape == (shape[0], 4, *shape[2:])


def test_an_array_in_any_memory_order_is_taken(fluid: Path) -> None:
    rows = np.asfortranarray(np.repeat(ROW, 4, axis=0))[::2]
    assert load(fluid / "__model__").run({"x": Tensor(rows)})["y"].array.tolist() == [[8.5], [8.5]]


class OneAtATime:
    """In place of Paddle: makes predictors that know no inputs, and says whether two were ever made at once."""

    def __init__(self) -> None:
        self.inference = self
        self.making, self.most, self.made = 0, 0, 0

    def create_predictor(self, _config: object) -> "OneAtATime":
        self.making += 1
        self.most = max(self.most, self.making)
        time.sleep(0.005)
        self.making -= 1
        self.made += 1
        return self

    def clone(self) -> "OneAtATime":
        return self.create_predictor(None)

    def get_input_names(self) -> list[str]:
        return []

    get_output_names = get_input_names


def test_no_two_predictors_are_made_at_once(conv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = OneAtATime()
    monkeypatch.setattr("serving_kit.runtime.paddle_engine.paddle", lambda: fake)
    monkeypatch.setattr("serving_kit.runtime.config.build", lambda *_: None)

    def make(_: int) -> None:
        load(conv / "model.json", conv / "model.pdiparams").clone()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(4)))
    assert (fake.made, fake.most) == (8, 1)


def test_clones_answer_side_by_side(conv: Path) -> None:
    engine = load(conv / "model.json", conv / "model.pdiparams", EngineOptions(onednn=True))
    pictures = [np.full((1, 3, 32, 32), value, "float32") for value in range(4)]
    expected = [engine.run({"x": Tensor(picture)})["fetch_name_0"].array for picture in pictures]

    def answer(picture: np.ndarray) -> np.ndarray:
        clone = engine.clone()
        return [clone.run({"x": Tensor(picture)})["fetch_name_0"].array for _ in range(20)][-1]

    with ThreadPoolExecutor(4) as pool:
        for got, wanted in zip(pool.map(answer, pictures), expected, strict=True):
            np.testing.assert_array_equal(got, wanted)


def test_input_the_engine_refuses_is_one_sentence_and_harms_no_later_call(conv: Path) -> None:
    engine = load(conv / "model.json", conv / "model.pdiparams")
    with pytest.raises(Internal, match=r"^the engine failed: .*channels"):
        engine.run({"x": Tensor(np.ones((1, 2, 8, 8), "float32"))})
    assert engine.run({"x": Tensor(np.ones((1, 3, 8, 8), "float32"))})


def test_a_missing_input_is_named(fluid: Path) -> None:
    with pytest.raises(BadInput, match=r"the model needs \['x'\]; \['x'\] are missing"):
        load(fluid / "__model__").run({})


def test_models_load_from_memory(legacy: Path, pir: Path) -> None:
    for program in (legacy / "model.pdmodel", pir / "model.json"):
        described = describe(program)
        weights = program.with_suffix(".pdiparams").read_bytes()
        engine = PaddleEngine.load_bytes(program.read_bytes(), weights, PLAIN, described.inputs, described.outputs)
        (answer,) = engine.run({described.inputs[0].name: Tensor(ROW)}).values()
        assert answer.array == ROW_ANSWER


def test_weights_that_do_not_belong_are_one_sentence(fluid: Path) -> None:
    (fluid / "fc_0.w_0").write_bytes(b"")
    with pytest.raises(ModelFileError, match=r"house cannot be loaded .* damaged or belongs to another model"):
        load(fluid / "__model__")


def test_damaged_memory_is_one_sentence(legacy: Path) -> None:
    program = describe(legacy / "model.pdmodel")
    with pytest.raises(ModelFileError, match="a model in memory cannot be loaded"):
        PaddleEngine.load_bytes(
            (legacy / "model.pdmodel").read_bytes(),
            serialized(WEIGHTS["fc_0.b_0"]),
            PLAIN,
            program.inputs,
            program.outputs,
        )
