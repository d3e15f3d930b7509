"""A pipeline from ops and configuration to its answers."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.errors import BadInput
from serving_kit.pipeline.config import PipelineConfig
from serving_kit.pipeline.ends import RequestOp, ResponseOp
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.pipeline import Pipeline
from serving_kit.pipeline.running import Running


class Model:
    """Sums the rows of `x`."""

    is_closed = False

    def close(self) -> None:
        self.is_closed = True

    def predict(self, feed: Mapping[str, Any], fetch: Sequence[str], log_id: int) -> dict[str, np.ndarray]:
        if feed.keys() != {"x"}:
            raise BadInput("invalid arg list: ['feed_batch']")
        return {name: feed["x"].sum(axis=1, keepdims=True) for name in fetch}


class Uci(Op):
    """The op of Paddle Serving's first pipeline example."""

    def init_op(self) -> None:
        self.separator = ","

    def preprocess(self, input_dicts: Any, data_id: int = 0, log_id: int = 0) -> Any:
        ((_, input_dict),) = input_dicts.items()
        x_value = input_dict["x"].split(self.separator)
        return {"x": np.array([[float(x.strip()) for x in x_value]])}, False, None, ""

    def postprocess(self, input_data: Any, fetch_data: Any, data_id: int = 0, log_id: int = 0) -> Any:
        return {"price": str(fetch_data["price"][0][0])}, None, ""


def pipeline(*ops: Op, config: dict[str, Any] | None = None, request: RequestOp | None = None) -> Pipeline:
    checked = PipelineConfig.of({"http_port": 18082, **(config or {})})

    def client_for(_: Op, running: Running) -> Model | None:
        return Model() if running.fetch else None

    return Pipeline("uci", ResponseOp(input_ops=[ops[-1]]), checked, client_for, request)


def ask(made: Pipeline, *requests: pb.Request, deadline_s: float | None = None) -> list[pb.Response]:
    async def asked() -> list[pb.Response]:
        await made.start()
        async with asyncio.timeout(20):
            answers = await asyncio.gather(*(made.answer(request, deadline_s) for request in requests))
            await made.stop()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return answers

    return asyncio.run(asked())


def question(x: str = "1, 2", **fields: Any) -> pb.Request:
    return pb.Request(key=["x"], value=[x], **fields)


def uci(**fields: Any) -> Uci:
    return Uci(name="uci", input_ops=[RequestOp()], fetch_list=["price"], **fields)


def test_the_first_example_answers() -> None:
    (answer,) = ask(pipeline(uci()), question())
    assert (answer.err_no, answer.err_msg, list(answer.key), list(answer.value)) == (0, "", ["price"], ["3.0"])


def test_a_thousand_requests_with_a_poisoned_one_in_ten() -> None:
    op = uci(batch_size=16, concurrency=2)
    requests = [question("1, poison" if number % 10 == 0 else f"1, {number}", logid=number) for number in range(1000)]
    for number, answer in enumerate(ask(pipeline(op), *requests)):
        if number % 10:
            assert (answer.err_no, list(answer.value)) == (0, [str(1.0 + number)])
        else:
            assert answer.err_no == 10000
            assert f"Log_id: {number}  Raise_msg: could not convert string to float: poison" in answer.err_msg


@pytest.mark.parametrize(
    ("request_", "err_no", "said"),
    [
        (question(name="other"), 3002, "Failed to inference: Service name error."),
        (question(name="uci"), 0, ""),
        (pb.Request(key=["x"]), 5000, "1 keys came with 0 values"),
        (pb.Request(), 10000, "Raise_msg: x "),
    ],
)
def test_what_is_wrong_with_a_request_is_in_its_answer(request_: pb.Request, err_no: int, said: str) -> None:
    (answer,) = ask(pipeline(uci()), request_)
    assert answer.err_no == err_no
    assert said in answer.err_msg


def test_arrays_become_their_whole_repr_and_a_mixed_answer_is_refused() -> None:
    class Arrays(Op):
        def postprocess(self, input_data: Any, fetch_data: Any, data_id: int = 0, log_id: int = 0) -> Any:
            return {"a": np.array([[1.5]], np.float32), **self.more}, None, ""

    op = Arrays(name="op", input_ops=[RequestOp()])
    op.more = {}  # type: ignore[attr-defined]
    (answer,) = ask(pipeline(op), question())
    assert list(answer.value) == ["array([[1.5]], dtype=float32)"]
    op.more = {"b": "text"}  # type: ignore[attr-defined]
    (answer,) = ask(pipeline(op), question())
    assert answer.err_no == 7000
    assert "fetch var type must be str" in answer.err_msg


def test_requests_and_answers_may_be_packed_in_another_way() -> None:
    class Swapped(RequestOp):
        def unpack_request_package(self, request: pb.Request) -> Any:
            if not request.value:
                return {}, None, 60, "say something"
            return {"x": request.value[0][::-1]}, 7, None, ""

    class Loud(ResponseOp):
        def pack_response_package(self, channeldata: Any) -> pb.Response:
            if channeldata.prod_error_code:
                return pb.Response(err_no=channeldata.prod_error_code, err_msg=channeldata.prod_error_info.upper())
            return pb.Response(key=["n"], value=[str(channeldata.log_id)])

    read = Swapped()
    config = PipelineConfig.of({"http_port": 18082})
    made = Pipeline("uci", Loud(input_ops=[Op("echo", input_ops=[read])]), config, lambda *_: None)
    first, second = ask(made, question(), pb.Request())
    assert list(first.value) == ["7"]
    assert (second.err_no, second.err_msg) == (60, "SAY SOMETHING")


def test_several_ops_pass_their_answers_on_by_name() -> None:
    class Side(Op):
        def postprocess(self, input_data: Any, fetch_data: Any, data_id: int = 0, log_id: int = 0) -> Any:
            return {self.name: fetch_data["x"] * 2}, None, ""

    class Join(Op):
        def preprocess(self, input_dicts: Any, data_id: int = 0, log_id: int = 0) -> Any:
            return {name: value[name] for name, value in sorted(input_dicts.items())}, True, None, ""

    read = RequestOp()
    left, right = Side("left", input_ops=[read]), Side("right", input_ops=[read])
    (answer,) = ask(pipeline(left, right, Join("join", input_ops=[left, right])), question("ab"))
    assert dict(zip(answer.key, answer.value, strict=True)) == {"left": "abab", "right": "abab"}


class Slow(Op):
    """Takes its time."""

    def process(self, feed_batch: Any, typical_logid: int = 0) -> Any:
        time.sleep(0.2)
        return dict(feed_batch[0]), 0, ""


def test_a_stuck_op_ends_with_its_timeout_or_with_the_request() -> None:
    op = Slow("slow", input_ops=[RequestOp()])
    (answer,) = ask(pipeline(op, config={"op": {"slow": {"timeout": 50, "retry": 2}}}), question())
    assert answer.err_no == 6000
    assert "slow Failed to process(batch: [0]): exceeded retry count" in answer.err_msg
    (answer,) = ask(pipeline(op), question(), deadline_s=0.05)
    assert answer.err_no == 6000
    assert "the time that the request allows is over" in answer.err_msg


def test_a_client_that_goes_away_leaves_nothing_behind() -> None:
    made = pipeline(Slow("slow", input_ops=[RequestOp()]))

    async def go_away() -> None:
        await made.start()
        asked = [asyncio.create_task(made.answer(question())) for _ in range(3)]
        await asyncio.sleep(0.05)
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        assert made.stages["slow"].waiting == 0
        await made.stop()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(go_away())


class Sleeper(Op):
    """A coroutine that tells how it ended."""

    ended = "not yet"

    async def process(self, feed_batch: Any, typical_logid: int = 0) -> Any:  # type: ignore[override]
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise


def test_a_coroutine_ends_with_its_last_client() -> None:
    op = Sleeper("sleeper", input_ops=[RequestOp()])

    async def go_away() -> None:
        async with pipeline(op) as made:
            asked = asyncio.create_task(made.answer(question()))
            await asyncio.sleep(0.05)
            assert made.stages["sleeper"].running == 1
            asked.cancel()
            await asyncio.wait([asked])
            await asyncio.sleep(0.01)
            assert (op.ended, made.stages["sleeper"].running) == ("cancelled", 0)

    asyncio.run(go_away())


class Broken(Op):
    """Cannot begin."""

    def init_op(self) -> None:
        raise FileNotFoundError("label.txt")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: pipeline(Broken("broken", input_ops=[RequestOp()])),
            "init_op of op 'broken' failed: FileNotFoundError",
        ),
        (lambda: pipeline(uci(), config={"op": {"ucl": {}}}), "section for op 'ucl', but the ops are uci"),
        (lambda: pipeline(Op("lone")), "op 'lone' has no input"),
    ],
)
def test_a_pipeline_that_cannot_begin_says_why(make: Any, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        ask(make(), question())
    assert said in str(caught.value)


def test_what_ops_ask_is_closed_at_the_end() -> None:
    op = Uci("uci", input_ops=[RequestOp()], fetch_list=["price"])

    async def run() -> bool:
        async with pipeline(op):
            return bool(op.client.is_closed)

    assert not asyncio.run(run())
    assert op.client.is_closed
