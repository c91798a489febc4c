"""What stands between one order and the dock, by rule and in words. The signals do not read it."""

from features.readiness.assessment import Readiness, assess

readiness = assess
__all__ = ["Readiness", "assess", "readiness"]
