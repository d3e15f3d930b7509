"""What a model must answer to its example, by task, and whether an answer is that."""

from zoo.expect import box, each, face, importance, keypoint, label, number, ordering, pixel, scene, speech, table, text
from zoo.expect.expectation import BadAnswer, Expectation, read

__all__ = [
    "BadAnswer",
    "Expectation",
    "box",
    "each",
    "face",
    "importance",
    "keypoint",
    "label",
    "number",
    "ordering",
    "pixel",
    "read",
    "scene",
    "speech",
    "table",
    "text",
]
