"""The model zoo: one card a model, where its weights come from, and what it must answer.

card = zoo.load("uci-housing")
model_dir = zoo.convert(card, zoo.fetch(card))
"""

from zoo.card import Card
from zoo.data import describe, sample
from zoo.expect import BadAnswer
from zoo.loader import load, names
from zoo.model import convert
from zoo.source import Files, fetch
from zoo.verdict import Verdict, verify

__all__ = [
    "BadAnswer",
    "Card",
    "Files",
    "Verdict",
    "convert",
    "describe",
    "fetch",
    "load",
    "names",
    "sample",
    "verify",
]
