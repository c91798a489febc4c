"""What each topic of an order says: its situation, by its signals, and a sentence made of named facts."""

from features.reasons.describe import SITUATIONS, Description, describe, describe_signal, situations_of
from features.reasons.facts import OrderFacts
from features.reasons.situation import BAD, EITHER, GOOD, Situation, Statement

__all__ = [
    "BAD",
    "EITHER",
    "GOOD",
    "SITUATIONS",
    "Description",
    "OrderFacts",
    "Situation",
    "Statement",
    "describe",
    "describe_signal",
    "situations_of",
]
