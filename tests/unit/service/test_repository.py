import asyncio
import threading

import numpy as np
import pytest

from serving_kit.errors import BadInput, ModelFileError, NotFound, Unavailable, Unsupported
from serving_kit.service.model import ServedModel
from serving_kit.service.repository import Repository, State
from serving_kit.types import Tensor
from tests.unit.served import GatedEngine, LinearEngine, serve

ROW = {"x": Tensor(np.ones((1, 13), np.float32))}


def test_a_model_that_is_unloaded_is_not_found_and_can_be_loaded_again() -> None:
    first, second = serve(LinearEngine(), "uci"), serve(LinearEngine(), "uci")
    repository = Repository([first], lambda name: {"uci": second}[name])

    async def change() -> None:
        await repository.unload("uci")
        await repository.unload("uci")
        assert repository.index() == [("uci", State.UNAVAILABLE, "unloaded")]
        with pytest.raises(NotFound, match=r"model 'uci' is not loaded \(unloaded\); load it first"):
            repository.get("uci")
        await repository.load("uci")

        with pytest.raises(Unavailable, match="stopping"):
            first.executor.submit(ROW)

    asyncio.run(change())
    assert repository.get("uci") is second
    assert repository.index() == [("uci", State.READY, "")]


def test_unloading_waits_for_what_was_accepted() -> None:
    engine = GatedEngine()
    model = serve(engine, "uci")
    repository = Repository([model], lambda name: serve(LinearEngine(), name))

    async def change() -> list[float]:
        accepted = model.executor.submit(ROW)
        await asyncio.to_thread(engine.running.wait, 20)
        unloading = asyncio.create_task(repository.unload("uci"))
        await asyncio.sleep(0)
        assert not unloading.done()
        engine.gate.set()
        await unloading
        return (await accepted)["fc_0.tmp_1"].array.ravel().tolist()

    assert asyncio.run(change()) == [13.0]


def test_a_load_that_fails_leaves_the_old_model_and_says_why() -> None:
    def load(_: str) -> ServedModel:
        raise ModelFileError("the file is cut short")

    repository = Repository([serve(LinearEngine(), "uci")], load)
    with pytest.raises(ModelFileError):
        asyncio.run(repository.load("uci"))
    assert repository.get("uci").name == "uci"
    assert repository.index() == [("uci", State.READY, "the file is cut short")]


def test_the_old_model_answers_until_the_new_one_is_ready() -> None:
    may_load, is_loading = threading.Event(), threading.Event()

    def load(name: str) -> ServedModel:
        is_loading.set()
        assert may_load.wait(20)
        return serve(LinearEngine(), name)

    first = serve(LinearEngine(), "uci")
    repository = Repository([first], load)

    async def change() -> None:
        loading = asyncio.create_task(repository.load("uci"))
        await asyncio.to_thread(is_loading.wait, 20)
        assert (repository.get("uci"), repository.index()[0][1]) == (first, State.LOADING)
        may_load.set()
        await loading

    asyncio.run(change())
    assert repository.get("uci") is not first


def test_only_known_models_can_be_changed_and_only_where_they_can_be_loaded() -> None:
    repository = Repository([serve(LinearEngine(), "uci")])
    with pytest.raises(NotFound, match=r"model 'other' is not served here; this server has \['uci'\]"):
        asyncio.run(repository.unload("other"))
    for change in (repository.load, repository.unload):
        with pytest.raises(Unsupported, match=r"not load or unload models here; start .* with --model_control"):
            asyncio.run(change("uci"))


def test_names_must_differ() -> None:
    with pytest.raises(BadInput, match="different names"):
        Repository([serve(LinearEngine(), "uci"), serve(LinearEngine(), "uci")])
