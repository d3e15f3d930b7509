"""Latency as data: measure a served model, keep one row a run, make the table and the plot from the rows."""

from serving_kit.bench.measure import measure
from serving_kit.bench.plot import plot
from serving_kit.bench.row import Machine, Row, latest, read, record
from serving_kit.bench.table import table

__all__ = ["Machine", "Row", "latest", "measure", "plot", "read", "record", "table"]
