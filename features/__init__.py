"""What was known about an order at a moment: events, signals, decision points, outcomes."""

__version__ = "0.1.0"
