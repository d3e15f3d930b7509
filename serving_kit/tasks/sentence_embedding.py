"""Sentence embedding: a sentence as a direction; sentences that mean alike point in nearly the same one."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from serving_kit.errors import BadInput, ModelFileError
from serving_kit.tasks.face_embedding import Embedding, unit
from serving_kit.tasks.task import Parameters, Prepared, Source, task
from serving_kit.types import Array


class Before(Parameters):
    """Sentences are cut into pieces of words, each with its number; shorter ones are filled up behind their end."""

    tokenizer: str = Field("tokenizer.json", description="a file of the model directory, as the tokenizers library has")
    longest: int = Field(256, gt=2, description="pieces of a sentence, its two marks counted; the rest is cut off")


class After(Parameters):
    """The first output is the embedding; it is scaled to length 1."""


@task("sentence-embedding", Before, After)
class SentenceEmbedding:
    """One sample is a sentence, or a list of sentences; the answer is a list of Embedding."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source
        if len(source.spec.inputs) != 2:
            raise BadInput(f"{source.spec.name!r} has {len(source.spec.inputs)} inputs; this task feeds words and mask")
        self.tokenizer = _tokenizer("\n".join(source.lines(before.tokenizer)), before)

    def preprocess(self, sample: object) -> Prepared:
        """Return the pieces' numbers and a mask, both int64 [sentences, pieces], by the model's first two inputs."""
        encoded = self.tokenizer.encode_batch(_sentences(sample))
        words, mask = (port.alias for port in self.source.spec.inputs)
        return Prepared(
            {
                words: np.array([each.ids for each in encoded], np.int64),
                mask: np.array([each.attention_mask for each in encoded], np.int64),
            }
        )

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[Embedding]:  # noqa: ARG002
        """Return one embedding a sentence."""
        return [unit(row) for row in self.source.output(outputs, rank=2)]


def _tokenizer(text: str, before: Before) -> Any:
    from tokenizers import Tokenizer  # heavy, and no other task needs it

    try:
        tokenizer = Tokenizer.from_str(text)
    except Exception as error:  # noqa: BLE001 - the library raises nothing more precise
        raise ModelFileError(f"{before.tokenizer} describes no tokenizer ({error}); convert the model again") from None
    tokenizer.enable_truncation(before.longest)
    tokenizer.enable_padding()
    return tokenizer


def _sentences(sample: object) -> list[str]:
    sentences = [sample] if isinstance(sample, str) else list(sample) if isinstance(sample, Sequence) else []
    if not sentences or not all(isinstance(sentence, str) and sentence.strip() for sentence in sentences):
        raise BadInput(f"the sample is {str(sample)[:60]!r}; give a sentence as text, or a list of sentences")
    return sentences
