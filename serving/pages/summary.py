"""What the list of a reader comes to, counted at most every few seconds: it is read with every page of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from serving.api.calls import count_orders, sum_worklist
from serving.contract.orders import WorklistParams
from serving.overviews.short_memory import ShortMemory
from serving.pages.locale.texts import gettext, ngettext
from serving.pages.wording import amount
from serving.principal import Caller
from serving.scores.services import Services

LIKELY = 0.5
"""A risk of so much or more is called likely to fail."""
LASTS, MOST = 10.0, 200
"""Seconds that figures are shown again without counting, and of so many sets of plants."""


@dataclass(frozen=True)
class Figures:
    """Orders of all plants that the reader may see, whatever is filtered; values in the plant's currency.

    Attributes
    ----------
    listed : orders to list, late ones and those put off included
    open : those not late
    likely, likely_value : of the open ones, how many have at least a risk ``LIKELY``, and their value
    late, late_value : the late ones
    """

    listed: int
    open: int
    likely: int
    likely_value: float
    late: int
    late_value: float


class Fitting(NamedTuple):
    """What a reader's filters leave: how many orders, how many of them late, and the value of those."""

    total: int
    late: int
    late_value: float

    def sentence(self, open_orders: int, *, late_apart: bool) -> str:
        """How many fit; of late ones that stand apart from the list, by themselves.

        >>> Fitting(9, 6, 1e4).sentence(357, late_apart=True), Fitting(9, 6, 1e4).sentence(357, late_apart=False)
        ('3 open and 6 late orders fit', '9 orders fit')
        >>> Fitting(3, 0, 0.0).sentence(357, late_apart=True), Fitting(1, 1, 500.0).sentence(357, late_apart=True)
        ('3 of 357 open orders fit', '1 late order fits')
        """
        rest = self.total - self.late
        if not late_apart:
            total = amount(self.total)
            return ngettext("%(number)s order fits", "%(number)s orders fit", self.total, number=total)
        if not self.late:
            return gettext("%(number)s of %(all)s open orders fit", number=amount(rest), all=amount(open_orders))
        late = amount(self.late)
        if not rest:
            return ngettext("%(number)s late order fits", "%(number)s late orders fit", self.late, number=late)
        return ngettext(
            "%(open)s open and %(number)s late order fit",
            "%(open)s open and %(number)s late orders fit",
            self.late,
            open=amount(rest),
            number=late,
        )


class TabCounts(NamedTuple):
    """How many orders two of the tabs lead to."""

    mine: int
    snoozed: int


class FiguresCache:
    """Counts for each set of plants, and counts again when that is some seconds old."""

    def __init__(self) -> None:
        self._memory = ShortMemory(MOST)
        self._tabs = ShortMemory(MOST)

    def tabs(self, services: Services, caller: Caller, asked: Sequence[WorklistParams], newest: int) -> TabCounts:
        """The counts of what the tabs ask; whoever decides makes a score, so that what is counted is not older."""
        count = lambda: TabCounts(*(count_orders(services, one, caller) for one in asked))  # noqa: E731
        return self._tabs.get((caller.plants, caller.name, newest), LASTS, count)

    def figures(self, services: Services, caller: Caller) -> Figures:
        """The figures of a reader; of an empty list they are counted each time, so that the first order is seen."""
        return self._memory.get(caller.plants, _lasts, lambda: count_figures(services, caller))


def _lasts(figures: Figures) -> float:
    return LASTS if figures.listed else 0.0


def count_fitting(services: Services, params: WorklistParams, caller: Caller) -> Fitting:
    """What fits now, in the states that are asked for."""
    states = sum_worklist(services, params, caller, LIKELY)
    late = states.get("late", {"orders": 0, "value": None})
    return Fitting(sum(state["orders"] for state in states.values()), late["orders"], late["value"] or 0.0)


def count_figures(services: Services, caller: Caller) -> Figures:
    """The figures of a reader as they are now."""
    states = sum_worklist(services, WorklistParams(snoozed="include"), caller, LIKELY)
    late = states.pop("late", {"orders": 0, "value": None})
    return Figures(
        listed=late["orders"] + sum(state["orders"] for state in states.values()),
        open=sum(state["orders"] for state in states.values()),
        likely=sum(state["likely"] or 0 for state in states.values()),
        likely_value=sum(state["likely_value"] or 0.0 for state in states.values()),
        late=late["orders"],
        late_value=late["value"] or 0.0,
    )
