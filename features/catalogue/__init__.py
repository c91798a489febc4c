"""The list of signals: how one is declared, found, documented and hashed. The signals live next door."""

from features.catalogue.fingerprint import features_hash
from features.catalogue.registry import catalogue, signal
from features.catalogue.signal import EITHER, FALLS, GROUPS, RISES, Signal
from features.catalogue.twins import twin

__all__ = ["EITHER", "FALLS", "GROUPS", "RISES", "Signal", "catalogue", "features_hash", "signal", "twin"]
