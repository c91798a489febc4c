"""What all orders say about one: load, pace, track record, queues, each known by a start of day."""

from features.context.context import Context

__all__ = ["Context"]
