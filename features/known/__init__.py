"""What was known at decision points: the reductions that signals are written in. No signal lives here."""

from features.known.known import Known

__all__ = ["Known"]
