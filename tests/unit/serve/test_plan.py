from pathlib import Path

import pytest

from serving_kit.errors import BadInput, Unsupported
from serving_kit.runtime.options import EngineOptions
from serving_kit.serve.flags import parse_flags
from serving_kit.serve.plan import ModelPlan, plan_models


def plans(line: str) -> tuple[ModelPlan, ...]:
    return plan_models(parse_flags(line.split()))


def test_defaults_run_each_request_by_itself_on_four_threads() -> None:
    plan = ModelPlan(Path("m"), None, EngineOptions(), threads=4, max_batch=None, warmup_runs=2)
    assert plans("--model m") == (plan,)


def test_values_for_each_model_are_used_again_from_the_first() -> None:
    first, second, third = plans("--model a b c --name x y z --runtime_thread_num 2 0 --batch_infer_size 8 --thread 6")
    assert [plan.name for plan in (first, second, third)] == ["x", "y", "z"]
    assert [plan.threads for plan in (first, second, third)] == [2, 6, 2]
    assert [plan.max_batch for plan in (first, second, third)] == [8, None, 8]


def test_flags_of_batching_reach_the_plan() -> None:
    line = "--model m --runtime_thread_num 2 --batch_delay_ms 5 --auto_padding near --no_split_request"
    (plan,) = plans(line)
    assert (plan.threads, plan.max_batch, plan.delay_s) == (2, 32, 0.005)
    assert (plan.padding, plan.splits) == ("near", False)
    with pytest.raises(BadInput, match="--runtime_thread_num"):
        plans("--model m --batch_delay_ms 5")


def test_flags_of_the_engine_reach_it() -> None:
    (plan,) = plans("--model m --mem_optim_off --cpu_math_thread_num 3 --gpu_ids -1 --ir_optim --use_mkl")
    assert plan.options == EngineOptions(memory_optim=False, cpu_threads=3)


def test_int8_on_a_cpu_serves_another_model_in_no_special_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    (plan,) = plans("--model m --precision int8 --device arm")
    assert plan.int8
    assert plan.options == EngineOptions()
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("serving_kit.serve.plan.check_supported", lambda options: None)
    (plan,) = plans("--model m --precision int8 --gpu_ids 0 --use_trt")
    assert not plan.int8
    assert plan.options.precision == "int8"


def test_every_gpu_has_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("serving_kit.serve.plan.check_supported", lambda options: None)
    assert [plan.threads for plan in plans("--model m --gpu_ids 0,1,2 --runtime_thread_num 2")] == [3]
    assert [plan.threads for plan in plans("--model m --gpu_ids 0,1 --runtime_thread_num 4")] == [4]


@pytest.mark.parametrize(
    "line",
    [
        "--model a b --op GeneralInferOp GeneralInferOp",
        "--model a --op GeneralReaderOp:0 GeneralInferOp GeneralResponseOp:0",
        "--model a --op GeneralTextReaderOp:0 GeneralCopyOp:0 GeneralInferOp GeneralTextResponseOp:0",
        "--model a b --op GeneralReaderOp GeneralInferOp GeneralCopyOp GeneralInferOp GeneralCopyOp GeneralResponseOp",
    ],
)
def test_a_chain_of_operators_that_have_a_meaning_is_accepted(line: str) -> None:
    assert plans(line)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--port 9393", "--model is missing"),
        ("--model a b --name x", "--name gives 1 names for 2 models"),
        ("--model a b --name x x", "--name 'x' cannot be asked for"),
        ("--model a --name x/y", "--name 'x/y' cannot be asked for"),
        ("--model a --batch_infer_size 1 2", "--batch_infer_size has 2 values for 1 models"),
        ("--model a b --op GeneralDetectionOp GeneralInferOp", "--op GeneralDetectionOp cannot be honoured: it finds"),
        ("--model a b --op GeneralPicodetOp GeneralFeatureExtractOp", "into an op of a pipeline"),
        ("--model a --op GeneralDistKVInferOp", "--op GeneralDistKVInferOp cannot be honoured: there is no Cube here"),
        ("--model a --op GeneralRemoteOp:0", "--op GeneralRemoteOp:0 cannot be honoured: models on other machines"),
        ("--model a --op MyOp:0 GeneralInferOp", "--op MyOp:0 cannot be honoured: operators compiled in C++"),
        ("--model a --op GeneralInferOp:0", "--op GeneralInferOp:0 cannot be honoured"),
        ("--model a b --op GeneralInferOp", "--op has 1 GeneralInferOp for 2 models"),
        ("--model a --op GeneralCopyOp", "--op has 0 GeneralInferOp for 1 models"),
        ("--model a --op GeneralInferOp GeneralReaderOp:0", "--op GeneralReaderOp:0 stands behind a model"),
        ("--model a --op GeneralResponseOp:0 GeneralInferOp", "GeneralResponseOp:0 stands before GeneralInferOp"),
        ("--model a b --op GeneralInferOp GeneralInferOp --parallel", "--op leads a request from model to model"),
        ("--model a --device gpu", "--device gpu chooses no device by itself; name one with --gpu_ids"),
        ("--model a --device npu", "--device npu chooses no device by itself; name one with --use_ascend_cl"),
        ("--model a --precision bf16", "--precision bf16 on a CPU runs through oneDNN; add --use_mkl"),
        ("--model a --precision int8 --engine openvino", "runs on ONNX Runtime; leave out --engine openvino"),
        ("--model a --gpu_ids 0,-1", "mixes the CPU"),
        ("--model a --gpu_ids one", "--gpu_ids 'one' is no comma list of numbers"),
        ("--model a --gpu_ids 1", "GPU 1 is not in CUDA_VISIBLE_DEVICES=0,2"),
        ("--model a --use_trt --min_subgraph_size few", "--min_subgraph_size 'few' is not a whole number"),
    ],
)
def test_what_makes_no_sense_names_its_flag(line: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,2")
    with pytest.raises(BadInput) as caught:
        plans(line)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("--gpu_ids 0", "--gpu_ids"),
        ("--device gpu --gpu_ids 0 --use_trt", "--gpu_ids"),
        ("--use_trt", "--use_trt"),
        ("--use_xpu", "--use_xpu"),
        ("--use_ascend_cl", "--use_ascend_cl"),
        ("--use_lite", "--use_lite"),
    ],
)
def test_a_device_this_build_lacks_is_refused_by_its_flag(
    words: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("serving_kit.serve.plan.check_supported", refuse_all_but_the_cpu)
    with pytest.raises(Unsupported, match=f"^{named}"):
        plans(f"--model a {words}")


def refuse_all_but_the_cpu(options: EngineOptions) -> None:
    """Answer as on a machine with nothing but a CPU, whatever this one has."""
    asked = {
        "--gpu_ids": bool(options.gpu_ids),
        "--use_trt": options.use_trt,
        "--use_xpu": options.use_xpu,
        "--use_ascend_cl": options.use_ascend_cl,
        "--use_lite": options.use_lite,
        f"--precision {options.precision}": options.precision == "int8",
    }
    for name, given in asked.items():
        if given:
            raise Unsupported(f"{name} cannot be honoured")
