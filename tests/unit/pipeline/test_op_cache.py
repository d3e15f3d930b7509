"""Answers that an op keeps for feeds that come again."""

import asyncio
from collections.abc import Mapping, Sequence
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
from serving_kit.pipeline.op_cache import OpCache
from serving_kit.pipeline.pipeline import Pipeline


class Squares:
    """A model that counts the rows it is asked for, and refuses 13."""

    def __init__(self) -> None:
        self.rows = 0

    def predict(self, feed: Mapping[str, Any], fetch: Sequence[str] | None = None, log_id: int = 0) -> dict[str, Any]:
        self.rows += len(feed["x"])
        if 13 in feed["x"]:
            raise Internal("13")
        return {"y": feed["x"] ** 2}


class Ask(Op):
    """Feeds the numbers of the request, as one array or, with `apart`, as a list of feeds; writes into the answer."""

    def preprocess(self, input_dicts: Any, data_id: int = 0, log_id: int = 0) -> Any:
        (values,) = input_dicts.values()
        numbers = np.array([[float(number)] for number in values["x"].split()])
        feed: Any = [{"x": one[np.newaxis]} for one in numbers] if "apart" in values else {"x": numbers}
        return feed, False, None, ""

    def postprocess(self, input_data: Any, fetch_data: Any, data_id: int = 0, log_id: int = 0) -> Any:
        each = fetch_data if isinstance(fetch_data, list) else [fetch_data]
        for outputs in each:
            outputs["y"] += 1
        return {"y": " ".join(f"{number:g}" for outputs in each for number in outputs["y"].ravel())}, None, ""


class Own(Ask):
    """An op with a `process` of its own."""

    def process(self, feed_batch: Any, typical_logid: int = 0) -> Any:
        return {"y": feed_batch[0]["x"]}, 0, ""


def pipeline(op: Op, model: Squares, **section: Any) -> Pipeline:
    config = PipelineConfig.of({"http_port": 18082, "op": {op.name: {"cache_bytes": 10_000, **section}}})
    return Pipeline("uci", ResponseOp(input_ops=[op]), config, lambda *_: model)


def answers(made: Pipeline, *rounds: Sequence[str], **more: str) -> list[list[str]]:
    async def ask() -> list[list[str]]:
        async with made:
            given = []
            for numbers in rounds:
                requests = [pb.Request(key=["x", *more], value=[one, *more.values()]) for one in numbers]
                responses = await asyncio.gather(*(made.answer(request) for request in requests))
                given.append([one.value[0] if not one.err_no else one.err_msg for one in responses])
            return given

    return asyncio.run(ask())


@pytest.mark.parametrize("size", [1, 8])
def test_what_was_asked_is_not_asked_again_but_whatever_is_new(size: int) -> None:
    model, op = Squares(), Ask("ask", input_ops=[RequestOp()])
    made = pipeline(op, model, batch_size=size)
    first, second = answers(made, ["1", "2 3"], ["2 3", "4", "1"])
    assert (first, second) == (["2", "5 10"], ["5 10", "17", "2"])  # written into, and yet the same
    assert model.rows == 4
    cache = op._answers
    assert cache is not None
    assert (cache.hits, cache.misses) == (2, 3)
    assert made.caches == {"ask": cache}
    assert figures(made)["ops"]["ask"]["cache"] == {"hits": 2, "misses": 3, "held_bytes": cache.held_bytes}
    metrics = Metrics()
    follow(metrics, made)
    exposed = metrics.render().decode()
    assert 'serving_kit_op_cache_looks_total{op="ask",outcome="hit"} 2.0' in exposed
    assert 'serving_kit_op_cache_looks_total{op="ask",outcome="miss"} 3.0' in exposed
    assert f'serving_kit_op_cache_bytes{{op="ask"}} {cache.held_bytes:.1f}' in exposed


def test_a_list_of_feeds_is_known_where_all_of_them_are() -> None:
    model = Squares()
    made = pipeline(Ask("ask", input_ops=[RequestOp()]), model)
    assert answers(made, ["1 2"], ["2 1"], ["1 3"], apart="yes") == [["2 5"], ["5 2"], ["2 10"]]
    assert model.rows == 4


def test_a_failure_is_not_kept() -> None:
    model = Squares()
    (first,), (second,) = answers(pipeline(Ask("ask", input_ops=[RequestOp()]), model), ["13"], ["13"])
    assert "failed to predict. 13" in first
    assert second == first
    assert model.rows == 2


def test_an_op_whose_process_is_its_own_cannot_have_a_cache() -> None:
    with pytest.raises(BadInput, match="op 'ask' has cache_bytes, but its process is its own"):
        answers(pipeline(Own("ask", input_ops=[RequestOp()]), Squares()), ["1"])


def test_a_key_is_everything_that_decides_the_answer() -> None:
    cache = OpCache(1000)
    x = np.arange(6, dtype=np.float32)
    feeds: list[Any] = [
        {"x": x},
        {"y": x},
        {"x": x.reshape(2, 3)},
        {"x": x.astype(np.float64)},
        {"x": x.view(np.int32)},
        {"x": x + 1},
        {"x": x, "x.lod": [0, 6]},
        {"x": x, "x.lod": [0, 2, 6]},
        {"x": x[:0]},
        {"x": np.array(["a", "b"], object)},
        {"x": np.array(["ab"], object)},
        [{"x": x}],
        [{"x": x}, {"x": x}],
    ]
    keys = [cache.key(feed) for feed in feeds]
    assert None not in keys
    assert len(set(keys)) == len(feeds)
    assert keys[0] == cache.key({"x": np.arange(12, dtype=np.float32)[:6]})
    assert keys[0] != OpCache(1000).key(feeds[0])


@pytest.mark.parametrize(
    "odd", [object(), np.array([np.zeros(3), None], object), [[1], [2, 3]], np.array(["2020"], "M8")]
)
def test_what_cannot_be_compared_is_never_known(odd: Any) -> None:
    cache = OpCache(1000)
    key = cache.key({"x": odd})
    assert key is None
    assert cache.key([{"x": np.zeros(1)}, {"x": odd}]) is None
    cache.put(key, {"y": np.zeros(1)})
    assert cache.get(key) is None
    assert (cache.hits, cache.misses, cache.held_bytes) == (0, 1, 0)


def test_only_arrays_of_numbers_are_kept_with_their_offsets() -> None:
    cache = OpCache(10_000)
    packed, text = cache.key({"x": np.zeros(1)}), cache.key({"x": np.ones(1)})
    lod = np.array([0, 1], np.int32)
    cache.put(packed, {"y": np.ones(1), "y.lod": lod})
    cache.put(text, {"y": "text"})
    kept = cache.get(packed)
    assert kept.keys() == {"y", "y.lod"}
    assert kept["y.lod"].tolist() == [0, 1]
    assert cache.get(text) is None


def test_the_least_recently_used_goes_first() -> None:
    cache = OpCache(2500)
    keys = [cache.key({"x": np.full(1, n)}) for n in range(4)]
    for key in keys[:3]:
        cache.put(key, {"y": np.zeros(8)})
    cache.get(keys[0])
    cache.put(keys[3], {"y": np.zeros(8)})
    assert [cache.get(key) is not None for key in keys] == [True, False, True, True]
