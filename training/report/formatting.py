"""Figures as a reader wants them: rounded, with their unit and interval, a dash where there is none."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from training.evaluate.evaluation import BASE_RATE
from training.metrics.bootstrap import Estimate

NONE, GAP = "–", "\N{NO-BREAK SPACE}"
Show = Callable[[float], str]


def number(value: float) -> str:
    """Three decimals.

    >>> number(0.80738)
    '0.807'
    """
    return NONE if math.isnan(value) else f"{value + 0.0:.3f}".replace("-0.000", "0.000")


def one(value: float) -> str:
    """One decimal: days, alarms.

    >>> one(7.99999)
    '8.0'
    """
    return NONE if math.isnan(value) else f"{value:.1f}"


def percent(value: float) -> str:
    """A share, in whole percent; the unit never stands alone in a line.

    >>> percent(0.2732).replace(GAP, " ")
    '27 %'
    """
    return NONE if math.isnan(value) else f"{_integer(value * 100)}{GAP}%"


def percent_finely(value: float) -> str:
    """A share, in tenths of a percent.

    >>> percent_finely(0.2732).replace(GAP, " ")
    '27.3 %'
    """
    return NONE if math.isnan(value) else f"{value * 100:.1f}{GAP}%"


def percentage_points(value: float) -> str:
    """A difference of shares, in percentage points.

    >>> percentage_points(-0.02).replace(GAP, " ")
    '-2 points'
    """
    return NONE if math.isnan(value) else f"{_integer(value * 100)}{GAP}points"


def with_interval(estimate: Estimate, show: Show = number) -> str:
    """A figure with its interval.

    >>> with_interval(Estimate(0.273, 0.229, 0.319), percent).replace(GAP, " ")
    '27 % (23 to 32 %)'
    """
    return f"{show(estimate.value)} ({interval(estimate, show)})"


def interval(estimate: Estimate, show: Show = number) -> str:
    """The interval alone; a unit is said once.

    >>> interval(Estimate(0.273, 0.229, 0.319))
    '0.229 to 0.319'
    """
    low, high = show(estimate.low), show(estimate.high)
    unit = "".join(low.partition(GAP)[1:])
    return f"{low.removesuffix(unit) if unit and high.endswith(unit) else low} to {high}"


def join_words(words: Sequence[str]) -> str:
    """Words in a sentence.

    >>> join_words(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def list_name(model: str) -> str:
    """What a planner's list is sorted by; where all risks are equal the earliest promise comes first."""
    return "promise alone" if model == BASE_RATE else model


def _integer(value: float) -> str:
    return f"{round(value) + 0.0:.0f}"
