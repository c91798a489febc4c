"""What must hold of signals from outside, asked on real histories. What a signal is, and ours, live elsewhere."""

from features.checks.signal_checks import SignalCheck, check_signals, require_signals

__all__ = ["SignalCheck", "check_signals", "require_signals"]
