"""Tasks: from a sample to a model's tensors and back to an answer, as pure functions of numpy arrays.

task = tasks.load(model_dir)
prepared = task.preprocess(image)
answer = task.postprocess(client.predict(prepared.feeds), prepared)
"""

from serving_kit.tasks import (
    classification,
    click_prediction,
    digit_recognition,
    face,
    face_attributes,
    face_detection,
    face_embedding,
    face_expression,
    face_landmarks,
    layout_detection,
    lexical_analysis,
    regression,
    semantic_segmentation,
    sentiment,
    text_detection,
    text_orientation,
    text_recognition,
    word_importance,
)
from serving_kit.tasks.answer import Answer, Character, Label, Region, Text, TextBox, Word
from serving_kit.tasks.drawing import draw
from serving_kit.tasks.face import Face, crop_face
from serving_kit.tasks.polygon import crop
from serving_kit.tasks.task import Prepared, Task, ask, check, describe, load, names
from serving_kit.tasks.word_importance import RankedWord

__all__ = [
    "Answer",
    "Character",
    "Face",
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
    "click_prediction",
    "crop",
    "crop_face",
    "describe",
    "digit_recognition",
    "draw",
    "face",
    "face_attributes",
    "face_detection",
    "face_embedding",
    "face_expression",
    "face_landmarks",
    "layout_detection",
    "lexical_analysis",
    "load",
    "names",
    "regression",
    "semantic_segmentation",
    "sentiment",
    "text_detection",
    "text_orientation",
    "text_recognition",
    "word_importance",
]
