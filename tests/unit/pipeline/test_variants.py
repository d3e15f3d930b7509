"""Several models in the place of one, and what only listens."""

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.errors import BadInput, Internal
from serving_kit.metrics.counters import Metrics
from serving_kit.pipeline.config import PipelineConfig
from serving_kit.pipeline.ends import RequestOp, ResponseOp
from serving_kit.pipeline.figures import figures
from serving_kit.pipeline.metrics import follow
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.pipeline import Pipeline
from serving_kit.pipeline.running import Running
from serving_kit.pipeline.shadow import ShadowClient
from serving_kit.pipeline.variants import Variants, client_of


class Told:
    """A model that answers with its name, once for each row."""

    def __init__(self, name: str = "", hold: threading.Event | None = None, error: Exception | None = None) -> None:
        self.name, self.hold, self.error = name, hold, error
        self.asked: list[tuple[Any, ...]] = []

    def predict(
        self, feed: Mapping[str, Any], fetch: Sequence[str] | None = None, batch: bool = True, log_id: int = 0
    ) -> dict[str, Any]:
        if self.hold:
            self.hold.wait(10)
        self.asked.append((feed, fetch, batch, log_id))
        if self.error:
            raise self.error
        return {"who": np.array([self.name] * len(feed["x"]))}


X = {"x": np.zeros((1, 2), np.float32)}


def variants(weights: Mapping[str, float], **fields: Any) -> Variants:
    return Variants({name: Told(name) for name in weights}, weights, **fields)


def who(asked: Variants, log_id: int) -> str:
    return str(asked.predict(X, log_id=log_id)["who"][0])


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_a_number_always_comes_to_the_same_variant_whoever_divides() -> None:
    first, second = (variants({"a": 50, "b": 30, "c": 20}, name="op") for _ in range(2))
    assert [who(first, n) for n in range(1, 200)] == [who(second, n) for n in range(1, 200)]
    assert "".join(first.variant_of(n) for n in range(1, 17)) == "bbbabcbcaaacacbb"  # after every restart


def test_two_ops_divide_the_same_numbers_in_different_ways() -> None:
    one, other = variants({"a": 1, "b": 1}, name="one"), variants({"a": 1, "b": 1}, name="other")
    same = sum(one.variant_of(n) == other.variant_of(n) for n in range(1, 2001))
    assert 800 < same < 1200


def test_a_variant_whose_weight_grows_keeps_whom_it_had() -> None:
    asked = variants({"a": 95, "b": 5, "c": 50})
    before = {n for n in range(1, 2000) if who(asked, n) == "b"}
    asked.set_weights({"a": 50, "b": 50})
    assert asked.weights == {"a": 50, "b": 50, "c": 50}
    after = {n for n in range(1, 2000) if who(asked, n) == "b"}
    assert before < after


def test_requests_without_a_number_are_divided_by_weight_and_none_gets_nothing() -> None:
    asked = variants({"a": 3, "b": 1, "c": 0})
    drawn = Counter(who(asked, 0) for _ in range(2000))
    assert 0.7 < drawn["a"] / 2000 < 0.8
    assert drawn["c"] == 0
    assert not any(asked.variant_of(n) == "c" for n in range(1, 2000))


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"z": 1}, "there is no variant 'z'; the variants are a, b"),
        ({"a": -1}, "variant 'a' has the weight -1; give a number that is not below 0"),
        ({"a": float("nan")}, "variant 'a' has the weight nan"),
        ({"b": True}, "variant 'b' has the weight True"),
        ({"a": 0, "b": 0}, "the weights of a, b are all 0"),
    ],
)
def test_wrong_weights_change_nothing(weights: Mapping[str, Any], said: str) -> None:
    asked = variants({"a": 1, "b": 2})
    with pytest.raises(BadInput, match=said):
        asked.set_weights(weights)
    assert asked.weights == {"a": 1, "b": 2}


def test_an_error_is_the_requests_own_and_counted_where_it_came(caplog: pytest.LogCaptureFixture) -> None:
    asked = Variants({"a": Told("a"), "b": Told("b", error=Internal("no"))}, {"a": 1, "b": 0}, name="price")
    with caplog.at_level(logging.INFO):
        asked.predict({"x": np.zeros((3, 2))}, ["who"], log_id=5)
        asked.set_weights({"a": 0, "b": 1})
        with pytest.raises(Internal, match="no"):
            asked.predict(X, log_id=5)
    a, b = asked.figures()["a"], asked.figures()["b"]
    assert (a["calls"], a["instances"], a["failed"]) == (1, 3, 0)
    assert (b["calls"], b["instances"], b["failed"]) == (1, 1, 1)
    assert a["mean_ms"] >= 0
    assert a["p50_ms"] <= a["p95_ms"] <= a["p99_ms"]
    assert "log_id=5 op price: variant a answered in" in caplog.text
    assert "log_id=5 op price: variant b failed in" in caplog.text


def test_a_shadow_hears_all_and_neither_delays_nor_fails_anybody(caplog: pytest.LogCaptureFixture) -> None:
    hold = threading.Event()
    model = Told(hold=hold, error=RuntimeError("broken"))
    shadow = ShadowClient(model, "op-shadow", outstanding=3)
    asked = variants({"a": 1}, shadow=shadow)
    with caplog.at_level(logging.WARNING):
        assert [who(asked, n) for n in range(1, 11)] == ["a"] * 10  # while the shadow is stuck
        assert not model.asked
        assert shadow.measure.dropped == 7
        hold.set()
        eventually(lambda: shadow.measure.calls == 3)
        assert who(asked, 11) == "a"
        eventually(lambda: shadow.measure.calls == 4)
    assert [log_id for *_, log_id in model.asked] == [1, 2, 3, 11]
    assert model.asked[0][:3] == (X, None, True)
    assert asked.figures()["shadow"]["failed"] == 4
    assert "log_id=1 op-shadow failed: broken" in caplog.text
    asked.close()


def test_a_shadow_hears_what_the_variant_refused_and_nothing_after_its_end() -> None:
    shadow = ShadowClient(Told())
    asked = Variants({"a": Told(error=BadInput("no"))}, {"a": 1}, shadow=shadow)
    with pytest.raises(BadInput):
        asked.predict(X)
    eventually(lambda: shadow.measure.calls == 1)
    asked.close()
    eventually(lambda: not any(thread.name == "shadow" for thread in threading.enumerate()))
    with pytest.raises(BadInput):
        asked.predict(X)
    assert (shadow.measure.calls, shadow.measure.dropped) == (1, 1)


def test_a_shadow_answers_in_as_many_threads_as_it_may() -> None:
    hold = threading.Event()
    shadow = ShadowClient(Told(hold=hold), "many", concurrency=2, outstanding=8)
    for _ in range(5):
        shadow.ask(X, None, True, 0)
    assert sum(thread.name == "many" for thread in threading.enumerate()) == 2
    hold.set()
    eventually(lambda: shadow.measure.calls == 5)
    shadow.close()


SECTION = {
    "batch_size": 8,
    "auto_batching_timeout": 50,
    "variants": {"old": {"weight": 1, "model": "v1"}, "new": {"weight": 1, "server_endpoints": ["a:1"]}},
    "shadow": {"local_service_conf": {"model_config": "v3", "fetch_list": ["who"]}},
}


class Read(Op):
    """Feeds a row, and says who answered."""

    def preprocess(self, input_dicts: Any, data_id: int = 0, log_id: int = 0) -> Any:
        return {"x": np.zeros((1, 2))}, False, None, ""

    def postprocess(self, input_data: Any, fetch_data: Any, data_id: int = 0, log_id: int = 0) -> Any:
        return {"who": str(fetch_data["who"][0])}, None, ""


def name_of(running: Running) -> str:
    return running.local.model_directory if running.local else str(running.remote)


def client(_: Op, running: Running) -> Told:
    assert not running.variants
    assert running.shadow is None
    return Told(name_of(running))


def test_a_batch_is_divided_so_that_each_number_comes_to_its_variant() -> None:
    config = PipelineConfig.of({"http_port": 18082, "op": {"price": SECTION}})
    op = Read("price", input_ops=[RequestOp()])
    made = Pipeline("uci", ResponseOp(input_ops=[op]), config, client)

    told: dict[str, Any] = {}
    exposed: list[str] = []

    async def ask() -> list[str]:
        async with made:
            answers = await asyncio.gather(*(made.answer(pb.Request(logid=n)) for n in range(1, 65)))
            told.update(figures(made)["ops"]["price"]["variants"])
            metrics = Metrics()
            follow(metrics, made)
            exposed.append(metrics.render().decode())
            assert {answer.err_no for answer in answers} == {0}
            return [answer.value[0] for answer in answers]

    answered = asyncio.run(ask())
    asked = op.client
    remote = "Remote(endpoints=('a:1',), protocol='brpc', client_config=(), encryption_key='')"
    expected = {"old": "v1", "new": remote}
    assert answered == [expected[asked.variant_of(n)] for n in range(1, 65)]
    assert asked.measures["old"].calls + asked.measures["new"].calls < 40  # batches all the same
    old = asked.measures["old"]
    assert old.instances == answered.count("v1") == told["old"]["instances"]
    assert (told["old"]["weight"], told["new"]["weight"], told["shadow"]["weight"]) == (1, 1, 0)
    assert (
        f'serving_kit_variant_calls_total{{op="price",outcome="answered",variant="old"}} {old.calls:.1f}' in exposed[0]
    )
    assert f'serving_kit_variant_instances_total{{op="price",variant="old"}} {old.instances:.1f}' in exposed[0]
    assert f'serving_kit_variant_duration_seconds_count{{op="price",variant="old"}} {old.calls:.1f}' in exposed[0]
    assert 'serving_kit_variant_weight{op="price",variant="new"} 1.0' in exposed[0]


def test_an_op_may_have_a_shadow_without_variants_or_neither() -> None:
    config = PipelineConfig.of(
        {"http_port": 18082, "op": {"a": {"model": "v1", "shadow": {"model": "v2"}}, "b": {"model": "v1"}}}
    )
    running = {name: Running.of(Op(name), section, config.dag) for name, section in config.op.items()}
    shadowed = client_of(Op("a"), running["a"], client)
    assert who(shadowed, 7) == "v1"
    assert list(shadowed.measures) == ["model", "shadow"]
    shadowed.close()
    assert client_of(Op("b"), running["b"], client).name == "v1"
    with pytest.raises(BadInput, match="op 'a' has a shadow but asks no model"):
        client_of(Op("a"), running["a"], lambda _, running: Told() if name_of(running) == "v2" else None)


def test_a_variant_asks_for_its_own_outputs_where_the_op_names_none() -> None:
    config = PipelineConfig.of({"http_port": 18082, "op": {"price": SECTION}})
    seen: list[tuple[str, tuple[str, ...]]] = []

    def made(_: Op, running: Running) -> Told:
        seen.append((name_of(running), running.fetch))
        return Told()

    client_of(Op("price"), Running.of(Op("price"), config.op["price"], config.dag), made).close()
    assert dict(seen)["v3"] == ("who",)
    assert dict(seen)["v1"] == ()
