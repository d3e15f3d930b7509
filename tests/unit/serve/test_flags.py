"""Hold the table of flags against Paddle Serving 0.9's own (`paddle_serving_server/serve.py`)."""

from typing import Any

import pytest

from serving_kit.errors import BadInput
from serving_kit.serve.flags import ADDED, FLAGS, parse_flags

MANY = "many"
# name: (type, default, "many" where it takes several values)
CONTRACT: dict[str, tuple[Any, ...]] = {
    "--thread": (int, 4),
    "--port": (int, 9393),
    "--device": (str, "cpu"),
    "--gpu_ids": (str, (), MANY),
    "--runtime_thread_num": (int, (0,), MANY),
    "--batch_infer_size": (int, (32,), MANY),
    "--model": (str, (), MANY),
    "--op": (str, (), MANY),
    "--workdir": (str, "workdir"),
    "--use_mkl": (bool, False),
    "--precision": (str, "fp32"),
    "--use_calib": (bool, False),
    "--mem_optim_off": (bool, False),
    "--ir_optim": (bool, False),
    "--max_body_size": (int, 536870912),
    "--use_encryption_model": (bool, False),
    "--encryption_rpc_port": (int, 12000),
    "--use_trt": (bool, False),
    "--use_lite": (bool, False),
    "--use_xpu": (bool, False),
    "--use_ascend_cl": (bool, False),
    "--product_name": (str, None),
    "--container_id": (str, None),
    "--gpu_multi_stream": (bool, False),
    "--enable_prometheus": (bool, False),
    "--prometheus_port": (int, 19393),
    "--request_cache_size": (int, 0),
    "--use_dist_model": (bool, False),
    "--dist_carrier_id": (str, ""),
    "--dist_cfg_file": (str, ""),
    "--dist_endpoints": (str, "+"),
    "--dist_nranks": (int, 0),
    "--dist_subgraph_index": (int, -1),
    "--dist_worker_serving_endpoints": (str, None),
    "--dist_master_serving": (bool, False),
    "--min_subgraph_size": (str, (), MANY),
    "--gpu_memory_mb": (int, 50),
    "--cpu_math_thread_num": (int, 1),
    "--trt_workspace_size": (int, 33554432),
    "--trt_use_static": (bool, False),
}


def test_the_table_is_the_contract_and_what_was_added() -> None:
    table = {flag.name: (flag.kind, flag.default, *([MANY] if flag.many else [])) for flag in FLAGS}
    assert {name: row for name, row in table.items() if name not in ADDED} == CONTRACT
    assert set(table) == set(CONTRACT) | ADDED


@pytest.mark.parametrize("name", [name for name, row in CONTRACT.items() if row[1] and row[0] is not bool])
def test_a_flag_given_its_default_is_accepted(name: str) -> None:
    default = CONTRACT[name][1]
    word = str(default[0] if isinstance(default, tuple) else default)
    assert getattr(parse_flags([name, word]), name.removeprefix("--")) == default


@pytest.mark.parametrize("flag", [flag for flag in FLAGS if flag.refusal], ids=lambda flag: flag.name)
def test_what_cannot_be_honoured_is_refused_by_name(flag: Any) -> None:
    words = [] if flag.kind is bool else ["7"]
    with pytest.raises(BadInput, match=rf"^{flag.name} cannot be honoured: .*;"):
        parse_flags(["--model", "m", flag.name, *words])


@pytest.mark.parametrize("flag", [flag for flag in FLAGS if flag.needs], ids=lambda flag: flag.name)
def test_a_flag_without_its_partner_is_refused_by_name(flag: Any) -> None:
    words = [] if flag.kind is bool else [flag.choices[-1] if isinstance(flag.choices, tuple) else "7"]
    with pytest.raises(BadInput, match=rf"^{flag.name} has no effect without {flag.needs}"):
        parse_flags(["--model", "m", flag.name, *words])


@pytest.mark.parametrize("text", ["3", "1025", "four"])
def test_threads_are_four_to_1024(text: str) -> None:
    with pytest.raises(BadInput, match=rf"--thread: '{text}' is not"):
        parse_flags(["--thread", text])
    assert [parse_flags(["--thread", good]).thread for good in ("4", "1024")] == [4, 1024]


@pytest.mark.parametrize("text", ["FP16", "bf16", "Int8"])
def test_precision_ignores_case(text: str) -> None:
    assert parse_flags(["--precision", text]).precision == text.lower()


def test_names_of_older_documents_still_work() -> None:
    flags = parse_flags(["--gpu_id", "0,1", "1", "--op_num", "3", "2", "--op_max_batch", "8", "--model", "a", "b"])
    assert flags.gpu_ids == ("0,1", "1")
    assert flags.runtime_thread_num == (3, 2)
    assert flags.batch_infer_size == (8,)
    assert flags.model == ("a", "b")


def test_minus_one_is_a_value() -> None:
    assert parse_flags(["--gpu_ids", "-1", "--model", "m"]).gpu_ids == ("-1",)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--thred", "4"], "unknown flag --thred; did you mean --thread?"),
        (["--max_body=3", "--modle=x"], "unknown flag --modle; did you mean --model?"),
        (["--zzz"], "unknown flag --zzz; --help lists every flag"),
        (["--precision", "fp8"], "'fp8' is not one of fp32, fp16, int8, bf16"),
        (["--port", "65536"], "'65536' is not one of 0..65535"),
        (["--max_body_size", "0"], "'0' is not one of 1 or more"),
        (["--model"], "expected at least one argument"),
        (["restart"], "'restart' is no command; use one of start, stop, kill, check"),
        (["stop", "9393"], "'9393' is not expected after 'stop'"),
        (["--dist", "1"], "ambiguous option"),
    ],
)
def test_a_wrong_command_line_is_one_sentence(words: list[str], says: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_flags(words)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_command_may_stand_anywhere_and_given_flags_are_told_from_defaults() -> None:
    flags = parse_flags(["--port", "9393", "stop"])
    assert flags.command == "stop"
    assert flags.given == {"--port"}
    assert parse_flags([]).command == "start"


def test_help_shows_every_flag_that_is_not_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_flags(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    missing = [flag.name for flag in FLAGS if flag.hidden == (f"\n  {flag.name}" in shown)]
    assert missing == []
