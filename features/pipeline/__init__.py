"""From events to tables of signals: in memory, from files, over Spark. What a signal is lives elsewhere."""

from features.pipeline.computation import compute, evidence
from features.pipeline.table import signal_table

__all__ = ["compute", "evidence", "signal_table"]
