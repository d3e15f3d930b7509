"""Tasks: from a sample to a model's tensors and back to an answer, as pure functions of numpy arrays.

task = tasks.load(model_dir)
prepared = task.preprocess(image)
answer = task.postprocess(client.predict(prepared.feeds), prepared)
"""

from serving_kit.tasks import regression
from serving_kit.tasks.answer import Character, Label, Region, Text, TextBox, Word
from serving_kit.tasks.task import Prepared, Task, ask, check, load, names

__all__ = [
    "Character",
    "Label",
    "Prepared",
    "Region",
    "Task",
    "Text",
    "TextBox",
    "Word",
    "ask",
    "check",
    "load",
    "names",
    "regression",
]
