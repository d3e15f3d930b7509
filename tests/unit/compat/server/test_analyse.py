import json
from pathlib import Path

import pytest

from serving_kit.compat.server.analyse import Analyst
from serving_kit.errors import BadInput

PROFILE = (
    "PROFILE\tpid:9\tcall_0#DAG_0:100 call_0#DAG_1:9100 prepack_0#@DAGExecutor_0:100 prepack_0#@DAGExecutor_1:200 \n"
    "INFO something else\n"
    "PROFILE\tpid:9\tprep#[cnn_a|0]_0:1000 prep#[cnn_a|0]_1:2000 midp#[cnn_a|0]_0:2000 midp#[cnn_a|0]_1:6000 \n"
    "PROFILE\tpid:9\tmidp#[cnn_a|1]_0:2000 midp#[cnn_a|1]_1:4000 midp#[bow|0]_0:0 midp#[bow|0]_1:1000 \n"
)


@pytest.fixture
def analyst(tmp_path: Path) -> Analyst:
    (tmp_path / "log").write_text(PROFILE, encoding="utf-8")
    return Analyst(str(tmp_path / "log"))


def test_a_trace_is_saved_for_chrome(analyst: Analyst, tmp_path: Path) -> None:
    analyst.save_trace(str(tmp_path / "trace"))
    events = json.loads((tmp_path / "trace").read_text(encoding="utf-8"))
    assert events[:2] == [
        {"name": "call_0", "tid": "DAG", "pid": 9, "ts": 100, "ph": "B"},
        {"name": "call_0", "tid": "DAG", "pid": 9, "ts": 9100, "ph": "E"},
    ]
    assert events[4] == {"name": "prep", "tid": "[cnn_a|0]", "pid": 9, "ts": 1000, "ph": "B"}
    assert len(events) == 12


def test_times_and_rates_of_ops(analyst: Analyst, tmp_path: Path) -> None:
    ops = analyst.get_op_analyst()
    assert ops.times() == {"cnn_a": {"prep": 1.0, "midp": 3.0}, "bow": {"midp": 1.0}}
    assert json.loads(str(ops)) == ops.times()
    assert ops.times("bow") == {"midp": 1.0}
    assert ops.qps("bow") == {"midp": 1000.0}
    assert ops.qps()["cnn_a"]["prep"] == 1000.0
    (tmp_path / "cards.yml").write_text("cnn_a: {midp: [0, 1]}\nbow: {midp: 2}\n", encoding="utf-8")
    assert ops.concurrency_analysis(tmp_path / "cards.yml") == {"cnn_a": 2.667, "bow": 0.667}


def test_what_cannot_be_read_is_named(analyst: Analyst, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing cannot be read"):
        Analyst(tmp_path / "nothing").get_trace()
    with pytest.raises(BadInput, match="no op 'rnn'; it has cnn_a, bow"):
        analyst.get_op_analyst().times("rnn")
    (tmp_path / "cards.yml").write_text("cnn_a: {midp: 0}\nbow: {midp: 0}\n", encoding="utf-8")
    with pytest.raises(BadInput, match="must name each card once"):
        analyst.get_op_analyst().concurrency_analysis(tmp_path / "cards.yml")
