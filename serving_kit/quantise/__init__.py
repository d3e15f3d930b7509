"""Turn a served model into one that computes in int8, from a few samples, and say what that does to its answers."""

from serving_kit.quantise.model import quantise_model

__all__ = ["quantise_model"]
