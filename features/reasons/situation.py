"""A situation: what the signals of a topic show, and how it is said of one order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from features.events.schema import EventKey
from features.reasons.facts import OrderFacts

BAD, EITHER, GOOD = 1, 0, -1
"""Whether planners expect risk to rise with it, or to fall, or it depends."""

Values = Callable[[str], Any]
"""A signal by its name: one number, or a column of them; missing is NaN, which no comparison holds for."""


class Statement(NamedTuple):
    """A fact in words, and the events that prove it.

    Attributes
    ----------
    needs : how to say why it weighs as it does, "such" orders or such "times"; "" where the fact says so itself
    graded_by : the signal by whose size like orders are found, "" where they are found by the situation
    tone : BAD, EITHER or GOOD for a fact by itself, where its situation says neither
    is_usual : whether it is so of most orders as far from their promise, and explains nothing by itself
    is_weighed : whether it says itself why it weighs otherwise than its situation would have one think
    """

    text: str
    events: Sequence[EventKey] = ()
    needs: str = ""
    graded_by: str = ""
    tone: int = EITHER
    is_usual: bool = False
    is_weighed: bool = False


@dataclass(frozen=True)
class Situation:
    """One of the ways in which a topic of an order can stand.

    Attributes
    ----------
    holds : whether it holds by the signals; ``&`` and ``|`` of comparisons, so that it is asked of one order or many
    say : what to say of an order in it; ``rises`` is whether the topic adds to its risk
    tone : BAD, EITHER or GOOD
    """

    name: str
    holds: Callable[[Values], Any]
    say: Callable[[OrderFacts, bool], Statement]
    tone: int


def speaks_against(tone: int, rises: bool) -> bool:
    """Whether a good fact is told of a topic that adds to the risk, or a bad one of what takes from it."""
    return tone != EITHER and (tone == BAD) != rises


def always(_values: Values) -> bool:
    """The last situation of a topic: where no other holds."""
    return True
