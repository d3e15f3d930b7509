"""Voice activity: when somebody speaks in a sound, from a model that remembers what it has heard (Silero VAD).

The model takes windows of samples, each with the end of the window before it, and its memory; it gives for each window
how likely speech is, and its memory after the last. A memory starts as zeros. Carried from request to request it makes
one long sound of many short ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Answer
from serving_kit.tasks.sound import Samples, as_samples
from serving_kit.tasks.task import Numbers, Parameters, Prepared, Source, task
from serving_kit.types import Array


class Before(Parameters):
    """How a sound is cut up; the last window is filled with silence."""

    rate_hz: int = Field(16000, gt=0, description="samples a second that the model was trained with")
    window: int = Field(512, gt=0, description="new samples a window")
    context: int = Field(64, gt=0, description="samples of the window before that stand in front of each")


class After(Parameters):
    """When likely becomes speaking; the defaults are Silero's own."""

    enter: float = Field(0.5, ge=0, le=1, description="speech begins at a window that is at least so likely")
    leave: float = Field(0.35, ge=0, le=1, description="and ends before one that is less likely")
    least_silence_s: float = Field(0.1, ge=0, description="shorter gaps do not part two stretches")
    least_speech_s: float = Field(0.25, ge=0, description="shorter stretches are dropped")


@dataclass(frozen=True, slots=True, repr=False)
class Speech(Answer):
    """A stretch of speech, in seconds from the start of the sound; `score` is the mean of its windows."""

    start_s: float
    end_s: float
    score: float

    def __repr__(self) -> str:
        return f"Speech({self.start_s:.2f} to {self.end_s:.2f} s, score={self.score:.3f})"


@dataclass(frozen=True)
class Memory:
    """What the next part of a sound needs of those before: the model's own state by alias, and the last samples."""

    state: dict[str, Array]
    tail: Samples


@task("voice-activity", Before, After)
class VoiceActivity:
    """One sample is a sound, float32 [N] in -1..1 at `rate_hz`; the answer is a list of Speech."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object, memory: Memory | None = None) -> Prepared:
        """Return the windows as float32 [T, context + window] and the memory, zeros at the start of a sound."""
        samples = as_samples(sample)
        memory = memory or self._blank()
        windows = -(-len(samples) // self.before.window)
        silence = np.zeros(windows * self.before.window - len(samples), dtype=np.float32)
        whole = np.concatenate([memory.tail, samples, silence])
        views = np.lib.stride_tricks.sliding_window_view(whole, self.before.context + self.before.window)
        feeds = {self.source.feed: views[:: self.before.window].copy(), **memory.state}
        return Prepared(feeds, context=whole[-self.before.context :].copy())

    def probabilities(self, outputs: Mapping[str, Array]) -> Numbers:
        """Return how likely speech is in each window, [T]."""
        return self.source.output(outputs, rank=1)

    def remember(self, outputs: Mapping[str, Array], prepared: Prepared) -> Memory:
        """Return what to hand to `preprocess` with the next part of the same sound."""
        (_, *inputs), (_, *states) = self.source.spec.inputs, self.source.spec.outputs
        missing = [port.alias for port in states if port.alias not in outputs]
        if missing:
            raise BadInput(f"the answer lacks {missing}; ask for all outputs to carry the memory on")
        state = {into.alias: outputs[out.alias] for into, out in zip(inputs, states, strict=True)}
        return Memory(state, prepared.context)

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[Speech]:  # noqa: ARG002
        """Return the stretches of speech, from the first on."""
        return stretches(self.probabilities(outputs), self.before.window / self.before.rate_hz, self.after)

    def _blank(self) -> Memory:
        state = {
            port.alias: np.zeros([max(size, 1) for size in port.shape], dtype=port.dtype)
            for port in self.source.spec.inputs[1:]
        }
        return Memory(state, np.zeros(self.before.context, dtype=np.float32))


def stretches(probabilities: Numbers, window_s: float, after: After) -> list[Speech]:
    """Turn probabilities [T] of windows into stretches: entered and left at two heights, joined, short ones out."""
    speaking, states = False, []
    for likely in probabilities:
        speaking = bool(likely >= (after.leave if speaking else after.enter))
        states.append(speaking)
    runs: list[list[int]] = []
    for spoken, group in groupby(enumerate(states), key=lambda state: state[1]):
        places = [place for place, _ in group]
        if not spoken:
            continue
        if runs and (places[0] - runs[-1][1]) * window_s < after.least_silence_s:
            runs[-1][1] = places[-1] + 1
        else:
            runs.append([places[0], places[-1] + 1])
    return [
        Speech(start * window_s, end * window_s, float(np.mean(probabilities[start:end])))
        for start, end in runs
        if (end - start) * window_s >= after.least_speech_s
    ]
