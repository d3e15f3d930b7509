"""What a model must answer to its example, by task, and whether an answer is that."""

from zoo.expect import box, importance, label, number, text
from zoo.expect.expectation import BadAnswer, Expectation, read

__all__ = ["BadAnswer", "Expectation", "box", "importance", "label", "number", "read", "text"]
