"""Pipelines that a file lists the steps of."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.errors import BadInput, ServingKitError
from serving_kit.pipeline.local_model import LocalModel, engine_options
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.pipeline import Pipeline
from serving_kit.pipeline.running import Running
from serving_kit.pipeline.steps import PORT, StepPipeline, read_pipeline
from serving_kit.runtime.load import load
from serving_kit.types import ElementType, TensorSpec
from tests.linear import write_linear

FUNCTIONS = """
import asyncio
import numpy as np
from helper import HALF

def halve(x, factor=HALF):
    return {"x": np.asarray(x) * factor}

async def later(total):
    await asyncio.sleep(0)
    return {"total": total + 0.25}

def vote(first, second, /, *rest): ...

def average(small, large):
    return {"total": (small["total"] + large["total"]) / 2, "of": ["small", "large"]}

def everything(**values):
    return {"names": sorted(values)}

def rows(x):
    return {"x": np.ones([int(n) for n in x.split()], np.float32)}

def apart(x):
    return {"x": [np.full((1, 3), float(n), np.float32) for n in x.split()]}

def nothing(x):
    pass

COUNT = 3
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models of three numbers, `total` = their sum + 1 and + 3, and functions beside them."""
    made = tmp_path_factory.mktemp("steps")
    write_linear(made / "small", 3, feed="x", fetch="total", bias=1.0)
    write_linear(made / "large", 3, feed="x", fetch="total", bias=3.0)
    write_linear(made / "other", 1, feed="total", fetch="price", bias=10.0)
    (made / "functions.py").write_text(FUNCTIONS)
    (made / "helper.py").write_text("HALF = 0.5\n")
    (made / "broken.py").write_text("import numpy\nnumpy.nothing_such\n")
    (made / "wants.py").write_text("import no_such_package\n")
    (made / "exits.py").write_text("import sys\nsys.exit(3)\n")
    return made


@pytest.fixture
def write(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    monkeypatch.setattr(sys, "path", [*sys.path])

    def written(text: str) -> Path:
        path = folder / "sums.yml"
        path.write_text(text)
        return path

    return written


def local(_: Op, running: Running) -> LocalModel | None:
    if running.local is None:
        return None
    return LocalModel(load(running.local.model_directory, engine_options(running.local)))


def ask(described: StepPipeline, *requests: Mapping[str, str], log_id: int = 0) -> list[pb.Response]:
    async def asked() -> list[pb.Response]:
        async with Pipeline(described.name, described.response, described.config, local) as made:
            messages = [pb.Request(key=list(one), value=list(one.values()), logid=log_id) for one in requests]
            return await asyncio.gather(*map(made.answer, messages))

    return asyncio.run(asked())


def values(described: StepPipeline, **request: str) -> dict[str, str]:
    (response,) = ask(described, request)
    assert response.err_no == 0, response.err_msg
    return dict(zip(response.key, response.value, strict=True))


def test_three_lines_serve_a_model(write: Callable[[str], Path]) -> None:
    described = read_pipeline(write("steps:\n  - model: small\n"))
    assert (described.name, described.config.http_port, described.config.rpc_port) == ("sums", PORT, PORT)
    assert described.inputs == (TensorSpec("x", "x", ElementType.FP32, (-1, 3)),)
    assert [(spec.alias, spec.shape) for spec in described.outputs] == [("total", (-1, 1))]
    assert values(described, x="[[1, 2, 3], [4, 5, 6]]") == {"total": "array([[ 7.],\n       [16.]], dtype=float32)"}
    assert values(described, x="1, 2, 3")["total"] == "array([[7.]], dtype=float32)"


def test_functions_and_models_follow_each_other(write: Callable[[str], Path]) -> None:
    described = read_pipeline(
        write("""
name: chain
http_port: 18090
dag: {channel_size: 4}
inputs: {x: "FP32[-1, 3]"}
steps:
  - call: functions:halve
    concurrency: 2
    timeout: 5000
  - model: small
    batch_size: 4
  - call: functions:later
  - model: other
    name: price
    fetch: {price: cost}
""")
    )
    assert values(described, x="[[2, 4, 6]]") == {"cost": "array([[17.25]], dtype=float32)"}
    assert (described.name, described.config.http_port, described.config.rpc_port) == ("chain", 18090, None)
    assert described.config.dag.channel_size == 4
    halve, small = described.config.op["halve"], described.config.op["small"]
    assert (halve.concurrency, halve.timeout, small.batch_size) == (2, 5000, 4)
    assert [spec.alias for spec in described.inputs] == ["x"]
    assert [spec.name for spec in described.outputs] == ["cost"]


def test_models_side_by_side_are_told_apart_by_their_steps(write: Callable[[str], Path]) -> None:
    text = """
steps:
  - model: small
  - model: large
    inputs: request
"""
    joined = read_pipeline(write(f"{text}  - call: functions:average\n    inputs: [small, large]\n"))
    total = "array([[8.]], dtype=float32)"
    assert values(joined, x="1, 2, 3") == {"total": total, "of": '["small","large"]'}
    assert [spec.alias for spec in joined.inputs] == ["x"]
    assert joined.outputs == ()
    named = "  - model: other\n    inputs: [small, large]\n    feed: {total: large.total}\n    fetch: price\n"
    assert values(read_pipeline(write(text + named)), x="1, 2, 3") == {"price": "array([[19.]], dtype=float32)"}
    everything = "  - call: functions:everything\n    inputs: [large, request]\n    feed: {sum: large.total}\n"
    found = values(read_pipeline(write(text.replace("- model: small\n  ", "") + everything)), x="1, 2, 3", y="")
    assert orjson.loads(found["names"]) == ["sum", "total", "x", "y"]


def test_a_batch_of_no_rows_is_not_asked_and_a_list_is_asked_one_by_one(write: Callable[[str], Path]) -> None:
    described = read_pipeline(write("steps:\n  - call: functions:rows\n  - model: small\n"))
    assert values(described, x="0 3")["total"] == "array([], shape=(0, 1), dtype=float32)"
    assert values(described, x="1 3")["total"] == "array([[4.]], dtype=float32)"
    described = read_pipeline(write("steps:\n  - call: functions:apart\n  - model: small\n"))
    assert values(described, x="1 2")["total"] == "[[[4.0]],[[7.0]]]"
    assert values(described, x="")["total"] == "[]"


def test_variants_and_a_shadow_stand_in_a_step(write: Callable[[str], Path]) -> None:
    described = read_pipeline(
        write("""
steps:
  - name: sum
    variants:
      small: {weight: 0, model: small}
      large: {weight: 10, model: large}
    shadow: {model: small}
""")
    )
    answers = ask(described, *[{"x": "1, 2, 3"}] * 3, log_id=7)
    assert {answer.value[0] for answer in answers} == {"array([[9.]], dtype=float32)"}
    (step,) = described.response.get_input_ops()
    assert step.client.measures["large"].calls == 3
    assert step.client.measures["small"].calls == 0


def test_typed_inputs_are_arrays_for_functions_too(write: Callable[[str], Path]) -> None:
    text = "steps:\n  - call: functions:halve\n"
    assert values(read_pipeline(write(f'inputs: {{x: "INT64[-1]"}}\n{text}')), x="[2, 4]") == {"x": "array([1., 2.])"}
    (response,) = ask(read_pipeline(write(f'inputs: {{x: "INT64[-1]"}}\n{text}')), {"x": "[0.5]"})
    assert (response.err_no, response.err_msg) == (5000, "x: value 0 must be an integer, not a number")


@pytest.mark.parametrize(
    ("steps", "request_", "err_no", "said"),
    [
        ("- model: small", {"y": "1"}, 5000, "step 'small' takes 'x', which nothing before it gives: request gives y"),
        ("- model: small", {"x": "one"}, 5000, "step 'small', x: 'one' is no array"),
        (
            "- call: functions:nothing",
            {"x": ""},
            7000,
            "step 'nothing' must return a dict of values by name, not NoneType",
        ),
        ("- call: functions:halve", {"x": "a"}, 10000, "step 'halve': "),
        ("- {call: functions:everything, feed: {a: b}}", {"x": ""}, 5000, "step 'everything' takes 'b'"),
    ],
)
def test_what_goes_wrong_at_a_step_names_it(
    write: Callable[[str], Path], steps: str, request_: Mapping[str, str], err_no: int, said: str
) -> None:
    (response,) = ask(read_pipeline(write(f"steps:\n  {steps}\n")), request_)
    assert response.err_no == err_no
    assert said in response.err_msg


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("", "steps: Input should be a valid tuple"),
        ("- model: none", "step none: there is no model directory"),
        ("- {model: small, tiemout: 5}", "step 1: unknown key tiemout; did you mean timeout?"),
        ("- {call: functions:halve, batch_size: 5}", "step 1: unknown key batch_size; known here: call, concurrency"),
        ("- {model: small, call: functions:halve}", "step 1: model and call stand in one step; make two steps of them"),
        ("- name: x", "step 1: give model (a folder), call (module:function), server_endpoints or variants"),
        ('- server_endpoints: ["http://a:1"]', "step 1: give the step a name"),
        ("- call: halve", "step 1: call: String should match pattern"),
        ("- call: functions:half", "step half: " + "{folder}/functions.py has no half; did you mean halve?"),
        ("- call: functions:COUNT", "step COUNT: functions:COUNT is int; it must be a function"),
        ("- call: absent:f", "step f: there is neither {folder}/absent.py nor an installed module absent"),
        (
            "- call: wants:f",
            "step f: module wants cannot be loaded: No module named 'no_such_package' ({folder}/wants.py",
        ),
        (
            "- call: broken:f",
            "cannot be loaded: AttributeError: module 'numpy' has no attribute 'nothing_such' ({folder}/broken",
        ),
        ("- call: exits:f", "step f: module exits cannot be loaded: SystemExit: 3 ({folder}/exits.py, line 2)"),
        ("- call: functions:vote", "step vote: parameter 'first' cannot be given by name"),
        ("- {call: functions:halve, feed: {y: x}}", "step halve: feed names 'y', but the function's parameters are x"),
        ("- call: math:hypot", "step hypot: nobody knows the parameters of"),
        ("- {model: small, feed: {y: x}}", "step small: feed names 'y', but the model has x"),
        ("- {model: small, fetch: [sum]}", "step small: fetch names 'sum', but the model has total"),
        ("- model: small\n  - {model: small}", "step small: 'small' is a name that is taken; give step 2 another"),
        ("- {model: small, name: request}", "step request: 'request' is a name that is taken"),
        ("- {model: small, inputs: [smal]}", "step small: inputs names 'smal', which is no step before it"),
        ("- model: small\n  - {model: other, inputs: [smll]}", "did you mean small?"),
        ("- model: small\n  - {model: large, inputs: request}", "step small: no step hears it"),
        ("- model: small\n  - model: large", "step large: takes 'x', which nothing before it gives"),
        (
            "- model: small\n  - {model: large, inputs: request}\n  - {model: other, inputs: [small, large]}",
            "step other: takes 'total', which small and large give; say which in its feed: small.total",
        ),
        (
            "- {name: v, variants: {a: {weight: 1, model: small}, b: {weight: 1, model: other}}}",
            "step v: b takes or gives",
        ),
        ("- {model: small, shadow: {model: other}}", "step small: shadow takes or gives other names than model"),
    ],
)
def test_a_file_that_makes_no_sense_names_the_step(
    write: Callable[[str], Path], folder: Path, steps: str, said: str
) -> None:
    path = write(f"steps:\n  {steps}\n")
    with pytest.raises(ServingKitError) as caught:
        read_pipeline(path)
    assert said.replace("{folder}", str(folder)) in str(caught.value)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stesp: []\n", "unknown key stesp; did you mean steps?"),
        ("op: {}\nsteps: [{model: small}]\n", "unknown key op"),
        ("steps: []\n", "steps: Tuple should have at least 1 item"),
        ("inputs: {x: FP32}\nsteps: [{model: small}]\n", "inputs.x: write a type and a shape, such as"),
        ('inputs: {x: "FLOAT[1]"}\nsteps: [{model: small}]\n', "the types are INT64, FP32"),
        ("http_port: 1\nsteps: [{model: small}]\n", "http_port: Input should be greater than or equal to 1024"),
    ],
)
def test_a_wrong_key_of_the_file_is_named(write: Callable[[str], Path], text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_pipeline(write(text))
    assert said in str(caught.value)


def test_declared_inputs_are_checked_against_what_the_first_step_takes(write: Callable[[str], Path]) -> None:
    with pytest.raises(BadInput, match="step small: takes 'x', which nothing before it gives: request gives y"):
        read_pipeline(write('inputs: {y: "FP32[-1, 3]"}\nsteps: [{model: small}]\n'))


def test_a_file_that_changed_is_read_anew_and_two_files_of_one_name_stay_apart(tmp_path: Path) -> None:
    made = []
    for name, number in (("one", 1), ("two", 2), ("one", 10)):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "steps.py").write_text(f"def f():\n    return {{'n': {number}}}\n")
        (tmp_path / name / "p.yml").write_text("steps: [{call: steps:f}]")
        made.append(read_pipeline(tmp_path / name / "p.yml"))
    assert [values(one)["n"] for one in made] == ["1", "2", "10"]
    assert "steps" not in sys.modules


def test_values_of_every_kind_are_written(tmp_path: Path) -> None:
    (tmp_path / "steps.py").write_text(
        "import numpy as np\n"
        "def f():\n"
        "    return {'text': 'a', 'one': np.float32(1.5), 'pairs': {1: np.array(['a'])}, 'wide': [np.ones((2, 2)).T]}\n"
        "def bad():\n"
        "    return {'x': object()}\n"
    )
    (tmp_path / "p.yml").write_text("steps: [{call: steps:f}]")
    written = values(read_pipeline(tmp_path / "p.yml"))
    assert written == {"text": "a", "one": "1.5", "pairs": '{"1":["a"]}', "wide": "[[[1.0,1.0],[1.0,1.0]]]"}
    (tmp_path / "p.yml").write_text("steps: [{call: steps:bad}]")
    (response,) = ask(read_pipeline(tmp_path / "p.yml"), {})
    assert response.err_no == 7000
    assert "'x' cannot be written as text: " in response.err_msg


def test_steps_without_known_models_feed_all_that_they_hear_or_what_feed_names(write: Callable[[str], Path]) -> None:
    heard: list[Mapping[str, Any]] = []

    class Remote:
        def predict(self, feed: Mapping[str, Any], fetch: Any = None, log_id: int = 0) -> dict[str, Any]:
            heard.append(feed)
            return {"y": np.ones((1, 1)), "y.lod": np.array([0, 1], np.int32)}

    def asked(more: str) -> pb.Response:
        described = read_pipeline(write(f'steps:\n  - {{name: far, server_endpoints: ["http://a:1"]{more}}}\n'))
        assert (described.inputs, described.outputs) == ((), ())

        async def go() -> pb.Response:
            async with Pipeline("p", described.response, described.config, lambda *_: Remote()) as made:
                return await made.answer(pb.Request(key=["x", "z", "z.lod"], value=["1", "2", "3"]))

        return asyncio.run(go())

    assert list(asked("").key) == ["y", "y.lod"]
    assert list(asked(", feed: {b: z}, fetch: {y: score}").key) == ["score", "score.lod"]
    assert heard == [{"x": "1", "z": "2", "z.lod": "3"}, {"b": "2", "b.lod": "3"}]
