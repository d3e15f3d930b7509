"""What kind of file some bytes are, by their beginning and their end, as google/magika prepares them."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Label
from serving_kit.tasks.classification import best
from serving_kit.tasks.task import Parameters, Prepared, Source, task
from serving_kit.types import Array


class Before(Parameters):
    """The first and the last `ends_bytes` of a file, without white space at the outside; what is missing is padding."""

    ends_bytes: int = Field(1024, gt=0)
    read_bytes: int = Field(4096, gt=0, description="how much of each end is read before white space is taken off")
    padding: int = 256


class After(Parameters):
    """How scores are read."""

    top: int = Field(3, gt=0, description="how many kinds to answer")


@task("file-type", Before, After)
class FileType:
    """One sample is the bytes of a file; the answer is a list of Label, the best first."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Return both ends as int32 [1, 2 * ends]; BadInput for anything but bytes, and for none."""
        if not isinstance(sample, bytes) or not sample:
            got = "empty" if isinstance(sample, bytes) else f"a {type(sample).__name__}"
            raise BadInput(f"the sample is {got}; give the bytes of a file, as Path.read_bytes() does")
        size, padding = self.before.ends_bytes, [self.before.padding]
        head = list(sample[: self.before.read_bytes].lstrip()[:size])
        tail = list(sample[-self.before.read_bytes :].rstrip()[-size:])
        values = head + padding * (size - len(head)) + padding * (size - len(tail)) + tail
        return Prepared({self.source.feed: np.array([values], dtype=np.int32)})

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[Label]:  # noqa: ARG002
        """Return the kinds that fit best; one is always best, whatever the bytes."""
        return best(self.source.output(outputs, rank=2)[0], self.source.labels, self.after.top)
