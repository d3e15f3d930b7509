"""Tasks: from a sample to a model's tensors and back to an answer, as pure functions of numpy arrays.

task = tasks.load(model_dir)
prepared = task.preprocess(image)
answer = task.postprocess(client.predict(prepared.feeds), prepared)
"""

from serving_kit.tasks import (
    classification,
    layout_detection,
    lexical_analysis,
    regression,
    text_detection,
    text_orientation,
    text_recognition,
    word_importance,
)
from serving_kit.tasks.answer import Answer, Character, Label, Region, Text, TextBox, Word
from serving_kit.tasks.drawing import draw
from serving_kit.tasks.polygon import crop
from serving_kit.tasks.task import Prepared, Task, ask, check, describe, load, names
from serving_kit.tasks.word_importance import RankedWord

__all__ = [
    "Answer",
    "Character",
    "Label",
    "Prepared",
    "RankedWord",
    "Region",
    "Task",
    "Text",
    "TextBox",
    "Word",
    "ask",
    "check",
    "classification",
    "crop",
    "describe",
    "draw",
    "layout_detection",
    "lexical_analysis",
    "load",
    "names",
    "regression",
    "text_detection",
    "text_orientation",
    "text_recognition",
    "word_importance",
]
