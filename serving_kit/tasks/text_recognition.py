"""Text recognition with connectionist temporal classification (CTC): one guess a time step, then repeats are merged."""

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Character, Text
from serving_kit.tasks.pixels import Normalisation, Positive, Triple, as_images, line_width, to_line
from serving_kit.tasks.task import Numbers, Parameters, Prepared, Source, task
from serving_kit.types import Array

BLANK = 0  # the class that stands for "nothing new", as PP-OCR numbers it


class Before(Normalisation):
    """Lines are scaled to one height and padded at the right to the widest of their batch."""

    mean: Triple = (0.5, 0.5, 0.5)
    std: tuple[Positive, Positive, Positive] = (0.5, 0.5, 0.5)
    height_px: int = Field(48, gt=0)
    narrowest_px: int = Field(320, gt=0, description="every batch is at least this wide, as in training")
    widest_px: int = Field(3200, gt=0, description="longer lines are squeezed; bounds memory and time")


class After(Parameters):
    """How classes become characters; `labels` of spec.json names the file of characters, one a line."""

    space: bool = Field(True, description="a space follows the characters of the file as the last class")


@task("text-recognition", Before, After)
class TextRecognition:
    """One sample is an image of one line, or a list of them; the answer is a list of Text."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source
        if not source.labels:
            raise BadInput(f"spec.json of {source.spec.name!r} names no labels; name the file of characters there")
        self.characters = ("", *source.labels, *([" "] if after.space else []))

    def preprocess(self, sample: object) -> Prepared:
        """Return the lines as float32 [N, 3, height, width]."""
        images = as_images(sample)
        widest = max(line_width(image, self.before.height_px) for image in images)
        width = min(max(widest, self.before.narrowest_px), self.before.widest_px)
        lines = [to_line(image, self.before.height_px, width, self.before) for image in images]
        return Prepared({self.source.feed: np.stack(lines)}, context=len(lines))

    def probabilities(self, outputs: Mapping[str, Array]) -> Numbers:
        """Return [N, T, C]: for each line and time step the probability of the blank and of each character."""
        return self.source.output(outputs, rank=3)

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[Text]:
        """Return the text of each line."""
        probabilities = self.probabilities(outputs)
        if len(probabilities) != prepared.context:
            raise BadInput(f"the answer holds {len(probabilities)} lines; {prepared.context} were asked about")
        return [decode(steps, self.characters) for steps in probabilities]


def decode(probabilities: Numbers, characters: Sequence[str]) -> Text:
    """Read one line's probabilities [T, C] greedily: the best class of each step, repeats merged, blanks left out.

    `characters[0]` is the blank. A character's score is the one of the first step that shows it.
    """
    if probabilities.ndim != 2 or probabilities.shape[1] != len(characters):
        shape = list(probabilities.shape)
        raise BadInput(
            f"the model's answer has shape {shape}; {len(characters)} characters need [T, {len(characters)}]"
        )
    path = probabilities.argmax(axis=1)
    changed = np.diff(path, prepend=BLANK) != 0
    steps = np.flatnonzero(changed & (path != BLANK))
    read = tuple(Character(characters[path[t]], float(probabilities[t, path[t]]), int(t)) for t in steps)
    score = float(np.mean([one.score for one in read])) if read else 0.0
    return Text("".join(one.character for one in read), score, read)
