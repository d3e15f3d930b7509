from itertools import chain

import pytest

import zoo
from serving_kit import tasks
from serving_kit.runtime.load import load
from serving_kit.types import split_lod

pytestmark = pytest.mark.integration


def test_sentences_packed_together_are_tagged_as_each_alone() -> None:
    card = zoo.load("lac")
    model = zoo.convert(card, zoo.fetch(card))
    task, engine = tasks.load(model), load(model).engine

    def tags(sentences: list[str]) -> list[int]:
        (output,) = engine.run(split_lod(task.preprocess(sentences).feeds)).values()
        return [int(tag) for tag in output.array.ravel()]

    # Alone first: an engine that keeps something of earlier requests goes wrong only then.
    sentences = ["王小明2024年3月在上海浦东新区的华为公司工作", "我爱北京天安门", "研究生命起源", "南京市", "长江大桥"]
    alone = [tags([sentence]) for sentence in sentences]
    for start in range(len(sentences)):
        assert tags(sentences[start:]) == list(chain(*alone[start:]))
