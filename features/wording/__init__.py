"""The words of facts: templates with one and many, dates in the plant's zone. What is said is decided elsewhere."""

from features.wording.dates import Dates
from features.wording.english import ENGLISH
from features.wording.language import Language

__all__ = ["ENGLISH", "Dates", "Language"]
