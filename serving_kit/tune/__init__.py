"""Find the fastest engine, threads and batch for a model on this machine, by measurement.

result = serving_kit.tune.tune("models/uci-housing", budget_s=60)
print(serving_kit.tune.table(result))
"""

from serving_kit.tune.plot import plot
from serving_kit.tune.result import FILENAME, Candidate, Machine, Measurement, Refusal, Result
from serving_kit.tune.table import table
from serving_kit.tune.tuner import tune, tuned

__all__ = [
    "FILENAME",
    "Candidate",
    "Machine",
    "Measurement",
    "Refusal",
    "Result",
    "plot",
    "table",
    "tune",
    "tuned",
]
