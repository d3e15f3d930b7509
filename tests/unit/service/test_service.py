import asyncio
import time

import numpy as np
import pytest

from serving_kit.errors import BadInput, DeadlineExceeded, Internal, NotFound, Overloaded
from serving_kit.metrics.counters import Metrics
from serving_kit.service.service import Service
from serving_kit.service.workflow import Node, Workflow
from serving_kit.types import ElementType, InferRequest, InferResponse, NamedTensor, Tensor, TensorSpec
from tests.unit.served import EchoEngine, FailingEngine, FakeEngine, GatedEngine, LinearEngine, serve


def request(rows: int = 1, **fields: object) -> InferRequest:
    return InferRequest((NamedTensor("x", Tensor(np.ones((rows, 13), np.float32))),), **fields)  # type: ignore[arg-type]


def infer(service: Service, name: str | None = None, **fields: object) -> InferResponse:
    return asyncio.run(service.infer(name, request(**fields)))


class RoundEngine(FakeEngine):
    """Rounds prices; its input is found by position."""

    def __init__(self) -> None:
        super().__init__(
            (TensorSpec("in", "in", ElementType.FP32, (-1, 1)),),
            (TensorSpec("out", "class", ElementType.INT64, (-1, 1)),),
        )

    def run(self, feeds: dict[str, Tensor]) -> dict[str, Tensor]:  # type: ignore[override]
        return {"out": Tensor(feeds["in"].array.astype(np.int64))}


def test_one_model_answers_by_name() -> None:
    answer = infer(Service([serve(EchoEngine(), "lac"), serve(LinearEngine(), "uci")]), "uci")
    (output,) = answer.outputs
    (price,) = output.tensors
    assert (output.model_name, price.alias, price.name) == ("uci", "price", "fc_0.tmp_1")
    assert price.tensor.array.tolist() == [[13.0]]


def test_models_run_in_sequence_and_the_last_one_answers() -> None:
    answer = infer(Service([serve(LinearEngine(), "uci"), serve(RoundEngine(), "round")]), fetch=("class",))
    (output,) = answer.outputs
    assert output.tensors[0].tensor.array.tolist() == [[13]]
    assert output.engine_name == "GeneralInferOp_1"


def test_models_that_answer_side_by_side_give_one_output_each() -> None:
    models = [serve(LinearEngine(), "uci"), serve(LinearEngine(), "twin")]
    service = Service(models, workflow=Workflow.parallel(["uci", "twin"]))
    answer = infer(service, fetch=("price",))
    assert [(output.engine_name, output.model_name) for output in answer.outputs] == [
        ("GeneralInferOp_0", "uci"),
        ("GeneralInferOp_1", "twin"),
    ]
    assert [output.tensors[0].tensor.array.tolist() for output in answer.outputs] == [[[13.0]]] * 2
    with pytest.raises(BadInput, match=r"output 'cost' is unknown; this server gives \['price'\]"):
        infer(service, fetch=("cost",))


def test_a_failure_of_one_model_is_the_failure_of_all() -> None:
    models = [serve(LinearEngine(), "uci"), serve(FailingEngine(), "twin")]
    service = Service(models, workflow=Workflow.parallel(["uci", "twin"]))
    with pytest.raises(Internal, match="axis out of range"):
        infer(service)


def test_a_graph_feeds_a_model_from_several() -> None:
    nodes = (Node("a", "uci"), Node("b", "twin"), Node("last", "round", ("b",)))
    models = [serve(LinearEngine(), "uci"), serve(LinearEngine(), "twin"), serve(RoundEngine(), "round")]
    answer = infer(Service(models, workflow=Workflow(nodes, ("a", "last"))))
    assert [output.tensors[0].tensor.array.tolist() for output in answer.outputs] == [[[13.0]], [[13]]]


def test_what_a_model_did_is_counted() -> None:
    service = Service([serve(LinearEngine(), "uci")])
    infer(service, rows=3)
    with pytest.raises(BadInput, match="unknown"):
        infer(service, fetch=("cost",))
    counted = service.models[0].statistics
    assert (counted.inferences, counted.success.count, counted.fail.count) == (3, 1, 1)


def test_the_log_id_comes_back() -> None:
    assert infer(Service([serve(LinearEngine())]), log_id=7).log_id == 7


def test_times_are_start_and_end_and_one_pair_a_step_when_profiled() -> None:
    before_us = time.time_ns() // 1000
    service = Service([serve(LinearEngine())])
    plain, profiled = infer(service), infer(service, profile=True)
    assert len(plain.profile_us) == 2
    assert len(profiled.profile_us) == 2 * 4
    assert before_us <= profiled.profile_us[0] <= profiled.profile_us[1] <= profiled.profile_us[-1]


def test_unknown_models_and_outputs_are_named() -> None:
    service = Service([serve(LinearEngine(), "uci")])
    with pytest.raises(NotFound, match=r"model 'uc' is not served here; this server has \['uci'\]"):
        infer(service, "uc")
    with pytest.raises(BadInput, match="output 'cost' is unknown"):
        infer(service, fetch=("cost",))


@pytest.mark.parametrize("names", [[], ["uci", "uci"]])
def test_a_server_needs_models_of_different_names(names: list[str]) -> None:
    with pytest.raises(BadInput, match="different names"):
        Service([serve(LinearEngine(), name) for name in names])


def test_a_failing_engine_is_our_error_and_the_next_request_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    service = Service([serve(FailingEngine(), "bad"), serve(LinearEngine(), "good")])
    with pytest.raises(Internal, match=r"failed on this input: axis out of range"):
        infer(service, "bad")
    assert infer(service, "good").outputs


def test_a_deadline_ends_the_wait_and_what_was_queued_never_runs() -> None:
    engine = GatedEngine()
    service = Service([serve(engine)])

    async def late() -> None:
        first = asyncio.create_task(service.infer(None, request()))
        await asyncio.to_thread(engine.running.wait, 20)
        with pytest.raises(DeadlineExceeded, match=r"no answer within 0.01 s"):
            await service.infer(None, request(deadline_s=0.01))
        engine.gate.set()
        await first

    asyncio.run(late())
    service.models[0].executor.close()
    assert engine.runs == 1


def test_a_full_queue_is_overloaded() -> None:
    engine = GatedEngine()
    service = Service([serve(engine, queue_limit=1)])

    async def crowd() -> None:
        first = asyncio.create_task(service.infer(None, request()))
        await asyncio.to_thread(engine.running.wait, 20)
        with pytest.raises(Overloaded):
            await service.infer(None, request())
        engine.gate.set()
        await first

    asyncio.run(crowd())


def test_requests_are_counted() -> None:
    service = Service([serve(LinearEngine(), "uci")], metrics=Metrics())
    infer(service)
    with pytest.raises(BadInput):
        infer(service, fetch=("cost",))
    exposition = service.metrics.render().decode() if service.metrics else ""
    assert 'pd_query_request_success_total{model="uci",version="0"} 1.0' in exposition
    assert 'pd_query_request_failure_total{model="uci",version="0"} 1.0' in exposition
